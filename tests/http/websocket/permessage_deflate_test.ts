import { assertEquals, assertThrows } from "@std/assert";
import {
  acceptOffer,
  buildOffer,
  checkCompressionOptions,
  type DeflateParameters,
  parseAnswer,
  parseExtensions,
  type WebSocketCompressionOptions,
  WebSocketError,
} from "@denado/denado/websocket";

const DEFAULTS: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const PMD = "permessage-deflate";

/** Offer, options of the server, answer, and what differs from the defaults. */
const OFFERS: [
  offer: string,
  options: WebSocketCompressionOptions,
  answer: string,
  parameters: Partial<DeflateParameters>,
][] = [
  [PMD, {}, PMD, {}],
  [`${PMD}; client_max_window_bits`, {}, PMD, {}],
  [`${PMD}; client_max_window_bits=10`, {}, `${PMD}; client_max_window_bits=10`, { clientMaxWindowBits: 10 }],
  [`${PMD}; client_max_window_bits=8`, {}, `${PMD}; client_max_window_bits=8`, { clientMaxWindowBits: 8 }],
  [`${PMD}; client_max_window_bits="10"`, {}, `${PMD}; client_max_window_bits=10`, { clientMaxWindowBits: 10 }],
  [`${PMD}; client_max_window_bits`, { clientMaxWindowBits: 9 }, `${PMD}; client_max_window_bits=9`, {
    clientMaxWindowBits: 9,
  }],
  [`${PMD}; client_max_window_bits=12`, { clientMaxWindowBits: 9 }, `${PMD}; client_max_window_bits=9`, {
    clientMaxWindowBits: 9,
  }],
  // a client that does not offer its window is not told to change it
  [PMD, { clientMaxWindowBits: 9 }, PMD, {}],
  [`${PMD}; server_max_window_bits=9`, {}, `${PMD}; server_max_window_bits=9`, { serverMaxWindowBits: 9 }],
  [`${PMD}; server_max_window_bits=15`, {}, `${PMD}; server_max_window_bits=15`, {}],
  [`${PMD}; server_max_window_bits=12`, { serverMaxWindowBits: 10 }, `${PMD}; server_max_window_bits=10`, {
    serverMaxWindowBits: 10,
  }],
  [PMD, { serverMaxWindowBits: 11 }, `${PMD}; server_max_window_bits=11`, { serverMaxWindowBits: 11 }],
  [`${PMD}; server_no_context_takeover`, {}, `${PMD}; server_no_context_takeover`, { serverNoContextTakeover: true }],
  [`${PMD}; client_no_context_takeover`, {}, `${PMD}; client_no_context_takeover`, { clientNoContextTakeover: true }],
  [
    PMD,
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    `${PMD}; server_no_context_takeover; client_no_context_takeover`,
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
  ],
  // the first offer that can be accepted, whatever was wrong with those before
  [
    `x-webkit-deflate-frame, ${PMD}; unknown, ${PMD}; server_max_window_bits=10, ${PMD}`,
    {},
    `${PMD}; server_max_window_bits=10`,
    {
      serverMaxWindowBits: 10,
    },
  ],
];

for (const [offer, options, answer, parameters] of OFFERS) {
  Deno.test(`acceptOffer answers ${answer} to ${offer} with ${JSON.stringify(options)}`, () => {
    const accepted = acceptOffer(parseExtensions(offer)!, options);
    assertEquals(accepted, { answer, parameters: { ...DEFAULTS, ...parameters } });
  });
}

/** Parameters that are unknown, repeated or have a value that they may not have; and what nobody can serve. */
const INVALID = [
  "",
  "x-webkit-deflate-frame",
  "Permessage-Deflate",
  `${PMD}; unknown`,
  `${PMD}; Server_No_Context_Takeover`,
  `${PMD}; server_no_context_takeover=1`,
  `${PMD}; client_no_context_takeover=true`,
  `${PMD}; server_no_context_takeover; server_no_context_takeover`,
  `${PMD}; client_max_window_bits; client_max_window_bits=10`,
  `${PMD}; server_max_window_bits`,
  ...["7", "16", "08", "010", "1e1", "-9", "9.0", "0", "a"].flatMap((bits) => [
    `${PMD}; server_max_window_bits=${bits}`,
    `${PMD}; client_max_window_bits=${bits}`,
  ]),
  `${PMD}; server_max_window_bits=8`,
];

for (const offer of INVALID) {
  Deno.test(`acceptOffer declines ${JSON.stringify(offer)}`, () => {
    assertEquals(acceptOffer(parseExtensions(offer)!, {}), undefined);
  });
}

for (
  const [options, offer] of [
    [{}, `${PMD}; client_max_window_bits`],
    [{ clientMaxWindowBits: 10 }, `${PMD}; client_max_window_bits=10`],
    [
      { serverMaxWindowBits: 9, serverNoContextTakeover: true, clientNoContextTakeover: true },
      `${PMD}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits`,
    ],
  ] as [WebSocketCompressionOptions, string][]
) {
  Deno.test(`buildOffer makes ${offer}, which a server accepts`, () => {
    assertEquals(buildOffer(options), offer);
    const accepted = acceptOffer(parseExtensions(offer)!, {})!;
    const answered = parseAnswer(parseExtensions(accepted.answer)!, options);
    assertEquals(answered, accepted.parameters);
  });
}

const ANSWERS: [
  answer: string,
  options: WebSocketCompressionOptions | undefined,
  expected: Partial<DeflateParameters> | null | Error,
][] = [
  ["", undefined, null],
  ["", {}, null],
  [PMD, {}, {}],
  [`${PMD}; server_no_context_takeover`, {}, { serverNoContextTakeover: true }],
  [`${PMD}; client_no_context_takeover`, {}, { clientNoContextTakeover: true }],
  [`${PMD}; client_max_window_bits=10`, {}, { clientMaxWindowBits: 10 }],
  [`${PMD}; server_max_window_bits=8`, {}, { serverMaxWindowBits: 8 }],
  // a client may do more than it was asked to
  [PMD, { clientNoContextTakeover: true, clientMaxWindowBits: 9 }, {
    clientNoContextTakeover: true,
    clientMaxWindowBits: 9,
  }],
  [PMD, undefined, new Error("not offered")],
  ["x-test", {}, new Error("not offered")],
  [`${PMD}, ${PMD}`, {}, new Error("not offered")],
  [`${PMD}; unknown`, {}, new Error("invalid answer")],
  [`${PMD}; client_max_window_bits`, {}, new Error("invalid answer")],
  [`${PMD}; client_max_window_bits=8`, {}, new Error("invalid answer")],
  [`${PMD}; server_max_window_bits`, {}, new Error("invalid answer")],
  [`${PMD}; server_max_window_bits=16`, {}, new Error("invalid answer")],
  [PMD, { serverMaxWindowBits: 10 }, new Error("invalid answer")],
  [`${PMD}; server_max_window_bits=11`, { serverMaxWindowBits: 10 }, new Error("invalid answer")],
  [PMD, { serverNoContextTakeover: true }, new Error("invalid answer")],
  [`${PMD}; server_no_context_takeover; server_no_context_takeover`, {}, new Error("invalid answer")],
];

for (const [answer, options, expected] of ANSWERS) {
  const name = `${JSON.stringify(answer)} to an offer with ${JSON.stringify(options)}`;
  Deno.test(`parseAnswer ${expected instanceof Error ? "refuses" : "accepts"} ${name}`, () => {
    const extensions = parseExtensions(answer)!;
    if (expected instanceof Error) {
      assertThrows(() => parseAnswer(extensions, options), WebSocketError, expected.message);
    } else {
      assertEquals(parseAnswer(extensions, options), expected === null ? undefined : { ...DEFAULTS, ...expected });
    }
  });
}

for (
  const [name, values] of Object.entries({
    compressionLevel: [-1, 10, 1.5],
    memLevel: [0, 10],
    threshold: [-1, NaN],
    serverMaxWindowBits: [8, 16],
    clientMaxWindowBits: [8, 16],
  })
) {
  Deno.test(`checkCompressionOptions refuses ${name} out of range`, () => {
    for (const value of values) assertThrows(() => checkCompressionOptions({ [name]: value }), RangeError, name);
  });
}

Deno.test("checkCompressionOptions accepts what is in range", () => {
  checkCompressionOptions({});
  checkCompressionOptions({
    compressionLevel: 0,
    memLevel: 9,
    threshold: 0,
    serverMaxWindowBits: 9,
    clientMaxWindowBits: 15,
  });
});
