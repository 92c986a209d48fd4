

appshelf.compared("wdc_dawn", {
  name: "dawn – 夜明け",
  head: "\u003cimg class=\"picture\" src=\"../../media/e2117ee66e514671.svg\" width=\"40\" height=\"40\" alt=\"\" decoding=\"async\"\u003e\n\u003ca href=\"index.html\"\u003edawn – 夜明け\u003c/a\u003e",
  get: "\u003ca class=\"button second\" href=\"https://other.example.com/dawn\" rel=\"noopener\"\u003eGet this app\u003c/a\u003e",
  near: [["wdc_dusk", "Dusk"], ],
  cells: {
    "does": "",
    "publisher": "\u003ca href=\"../../publishers/other-works/index.html\"\u003eOther Works\u003c/a\u003e",
    "categories": "\u003ca href=\"../../categories/light/index.html\"\u003eLight\u003c/a\u003e",
    "updated": "\u003ctime datetime=\"2026-10-07T00:30:00+09:00\"\u003e7 October 2026\u003c/time\u003e",
    "created": "",
    "configuration": "No",
    "person": "No",
    "signing": "RS256 (RSA using SHA-256)",
    "state": "",
    "features": "",
  },
});
