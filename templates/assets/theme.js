// Runs before the first paint: tells the stylesheet that scripts run, what is asked for, and the theme chosen before.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  // An address with a search: the whole list would only flash by.
  if (/[?&](q|category|declared|has|publisher|within|sort)=/.test(location.search)) root.dataset.finding = "";
  try {
    const theme = localStorage.getItem("appshelf-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
})();
