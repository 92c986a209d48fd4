

appshelf.compared("noon-at-twelve", {
  name: "Noon",
  head: "\u003cimg class=\"picture\" src=\"../../media/5dfb4ee31ac465f3.svg\" width=\"40\" height=\"40\" alt=\"\" decoding=\"async\"\u003e\n\u003ca href=\"index.html\"\u003eNoon\u003c/a\u003e",
  get: "\u003ca class=\"button second\" href=\"index.html\" data-address=\"https://{account}.example.com/install/Noon%20%2F%20at%3A%20twelve\" rel=\"noopener\"\u003eGet this app\u003c/a\u003e",
  near: [["wdc_dusk", "Dusk"], ],
  cells: {
    "does": "",
    "publisher": "\u003ca href=\"../../publishers/lamp-works/index.html\"\u003eLamp Works\u003c/a\u003e",
    "categories": "",
    "updated": "",
    "created": "",
    "configuration": "No",
    "person": "No",
    "signing": "RS256 (RSA using SHA-256)",
    "state": "",
    "features": "",
  },
});
