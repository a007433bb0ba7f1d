import { assert, assertEquals, assertRejects } from "@std/assert";
import { convertYielded, Future } from "@denado/denado/ioloop";
import { gather } from "../../ioloop/gather.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

const options = { convert: convertYielded };

Deno.test("gather is done at once if its children are", () =>
  withManualLoop(() => {
    const done = new Future<number>();
    done.setResult(1);
    assertEquals(gather([done, done], options).result(), [1, 1]);
    assertEquals(gather({ a: done }, options).result(), { a: 1 });
    assertEquals(gather([], options).result(), []);
    assertEquals(gather({}, options).result(), {});
  }));

Deno.test("gather converts each child once, in order", () =>
  withManualLoop(async () => {
    const seen: unknown[] = [];
    const convert = (child: unknown) => {
      seen.push(child);
      return convertYielded(Promise.resolve(child));
    };
    assertEquals(await gather(["a", "b"], { convert }), ["a", "b"]);
    assertEquals(seen, ["a", "b"]);
  }));

Deno.test("gather fails with what the conversion throws", () =>
  withManualLoop(async () => {
    const convert = () => {
      throw new RangeError("Broken");
    };
    await assertRejects(() => gather([1], { convert }), RangeError, "Broken");
  }));

Deno.test("gather keeps a key that has a meaning to the language", () =>
  withManualLoop(async () => {
    const children = Object.fromEntries([["__proto__", Promise.resolve(1)]]);
    const results = await gather(children, options) as object;
    assert(Object.hasOwn(results, "__proto__"));
    assertEquals(Object.getPrototypeOf(results), Object.prototype);
  }));
