import { parseAcceptLanguage } from "@denado/denado/locale";
import { assertEquals } from "@std/assert";

const CASES: { header: string; languages: string[]; reason: string }[] = [
  { header: "", languages: [], reason: "nothing is wanted" },
  { header: "fr", languages: ["fr"], reason: "a weight of 1 is the default" },
  { header: "en-us, fr;q=0.9 ,de;q=0.95", languages: ["en-us", "de", "fr"], reason: "by weight" },
  { header: "a;q=0.5,b;q=0.5,c;q=0.5", languages: ["a", "b", "c"], reason: "equals stay in order" },
  { header: "fr;q=0, en;q=0.000, de", languages: ["de"], reason: "0 is not acceptable" },
  { header: "fr;q=-1, en;q=x, it;q=, es;q=1.5, de;q=0.1", languages: ["de"], reason: "a weight is from 0 to 1" },
  { header: "fr;q=nan,en;q=inf,de;q=1e-1", languages: [], reason: "what Python's float reads is no weight" },
  { header: "da ; Q = 0.3 , *;q=0.1, ,;", languages: ["da", "*"], reason: "blanks and empty items are allowed" },
];

for (const { header, languages, reason } of CASES) {
  Deno.test(`parseAcceptLanguage reads ${JSON.stringify(header)}: ${reason}`, () => {
    assertEquals(parseAcceptLanguage(header), languages);
  });
}
