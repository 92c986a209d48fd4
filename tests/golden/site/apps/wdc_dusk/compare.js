

appshelf.compared("wdc_dusk", {
  name: "Dusk",
  head: "\u003cimg class=\"picture\" src=\"../../media/334589aaedb62307.svg\" width=\"40\" height=\"40\" alt=\"\" decoding=\"async\"\u003e\n\u003ca href=\"index.html\"\u003eDusk\u003c/a\u003e",
  get: "\u003ca class=\"button second\" href=\"index.html\" data-address=\"https://{account}.example.com/install/wdc_dusk\" rel=\"noopener\"\u003eGet this app\u003c/a\u003e",
  near: [["wdc_dawn", "dawn – 夜明け"], ["noon-at-twelve", "Noon"], ],
  cells: {
    "does": "Dims the lights \u0026lt;slowly\u0026gt; \u0026amp; \u0026#34;surely\u0026#34;.",
    "publisher": "\u003ca href=\"../../publishers/lamp-works/index.html\"\u003eLamp Works\u003c/a\u003e",
    "categories": "\u003ca href=\"../../categories/evening-night/index.html\"\u003eEvening \u0026amp; night\u003c/a\u003e, \u003ca href=\"../../categories/light/index.html\"\u003eLight\u003c/a\u003e",
    "updated": "\u003ctime datetime=\"2026-10-06T15:41:52+02:00\"\u003e6 October 2026\u003c/time\u003e",
    "created": "\u003ctime datetime=\"2024-03-11T09:24:10+01:00\"\u003e11 March 2024\u003c/time\u003e",
    "configuration": "A form in your account after installing · A page of its own",
    "person": "Yes",
    "signing": "ES512 (ECDSA using P-521 and SHA-512)",
    "state": "",
    "declared iso-27001": "\u003cdiv class=\"promise\"\u003eCertified\n\u003cspan class=\"scope\"\u003eAll of Lamp Works\u003c/span\u003e\n\u003cspan class=\"proof\"\u003eEvidence: \u003ca href=\"../../files/a0b95a5d984bccde/certificate.txt\" download=\"certificate.txt\"\u003ecertificate.txt\u003c/a\u003e (23 B) · \u003cspan data-until=\"2027-06-30\"\u003evalid until\u003c/span\u003e \u003ctime datetime=\"2027-06-30\"\u003e30 June 2027\u003c/time\u003e\u003c/span\u003e\n\u003c/div\u003e\n",
    "declared data-location": "\u003cdiv class=\"promise\"\u003eEuropean Union\n\u003c/div\u003e\n",
    "compliance": "\u003ca href=\"index.html#compliance\"\u003eSecurity \u0026amp; Compliance\u003c/a\u003e",
    "features": "\u003cdiv class=\"prose\" dir=\"auto\"\u003e\u003cp\u003eOne feature: \u003cs\u003ebright\u003c/s\u003e dim.\u003c/p\u003e\n\u003col\u003e\n\u003cli\u003efirst\u003c/li\u003e\n\u003cli\u003esecond, in \u003ccode\u003ecode\u003c/code\u003e\u003c/li\u003e\n\u003c/ol\u003e\n\u003c/div\u003e",
  },
});
