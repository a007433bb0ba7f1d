import { UIModule } from "@denado/denado";
import { assertEquals, assertThrows } from "@std/assert";
import { collectResources, insertResources, type PageResources } from "../../web/page_resources.ts";

const NOTHING: PageResources = { scriptFiles: [], scripts: [], styleFiles: [], styles: [], heads: [], bodies: [] };
const RENDERER = {
  renderLinkedJs: (files: readonly string[]) => `JS(${files})`,
  renderEmbedJs: (scripts: readonly string[]) => `js(${scripts})`,
  renderLinkedCss: (files: readonly string[]) => `CSS(${files})`,
  renderEmbedCss: (styles: readonly string[]) => `css(${styles})`,
};

class Module extends UIModule {
  constructor(readonly parts: Partial<Record<string, string | string[]>>) {
    super(undefined as never);
  }
  override render(): string {
    return "";
  }
  override embeddedJavascript(): string | undefined {
    return this.parts.script as string;
  }
  override javascriptFiles(): string | string[] | undefined {
    return this.parts.files;
  }
  override htmlHead(): string | undefined {
    return this.parts.head as string;
  }
}

Deno.test("collectResources has the parts of all modules, in their order, and nothing that is empty", () => {
  const modules = [
    new Module({ script: "a", files: ["1", "2"], head: "" }),
    new Module({ files: "3" }),
    new Module({ script: "b", files: [], head: "h" }),
  ];
  assertEquals(collectResources(modules), {
    ...NOTHING,
    scripts: ["a", "b"],
    scriptFiles: ["1", "2", "3"],
    heads: ["h"],
  });
});

interface InsertCase {
  readonly html: string;
  readonly resources: Partial<PageResources>;
  readonly expected: string;
}

const INSERTIONS: InsertCase[] = [
  { html: "x", resources: {}, expected: "x" },
  {
    html: "<head></head><body></body>",
    resources: { styleFiles: ["a", "b"], styles: ["c"], heads: ["d", "e"] },
    expected: "<head>CSS(a,b)\ncss(c)\nde\n</head><body></body>",
  },
  {
    html: "<head></head><body></body>",
    resources: { scriptFiles: ["a", "b"], scripts: ["c"], bodies: ["d", "e"] },
    expected: "<head></head><body>JS(a,b)\njs(c)\nde\n</body>",
  },
  { html: "<body></body>", resources: { scripts: ["a"] }, expected: "<body>js(a)\n</body>" },
  { html: "<head></head>", resources: { heads: ["$&"] }, expected: "<head>$&\n</head>" },
  {
    html: "<head></head><pre></head></body></pre></body>",
    resources: { heads: ["h"], bodies: ["b"] },
    expected: "<head>h\n</head><pre></head></body></pre>b\n</body>",
  },
];

for (const { html, resources, expected } of INSERTIONS) {
  Deno.test(`insertResources puts ${JSON.stringify(resources)} into ${html}`, () => {
    assertEquals(insertResources(html, { ...NOTHING, ...resources }, RENDERER), expected);
  });
}

Deno.test("insertResources says what the page lacks", () => {
  assertThrows(() => insertResources("<body>", { ...NOTHING, scripts: ["a"] }, RENDERER), TypeError, "no </body>");
  assertThrows(() => insertResources("</body>", { ...NOTHING, styles: ["a"] }, RENDERER), TypeError, "no </head>");
});
