import { RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { isClass, isHandlerClass } from "../../web/handler_class.ts";

class Handler extends RequestHandler {}
class Other {}

const VALUES: { value: unknown; handler: boolean; class: boolean }[] = [
  { value: Handler, handler: true, class: true },
  { value: class extends Handler {}, handler: true, class: true },
  { value: RequestHandler, handler: false, class: true },
  { value: Other, handler: false, class: true },
  { value: () => {}, handler: false, class: false },
  { value: async function class_() {}, handler: false, class: false },
  { value: {}, handler: false, class: false },
  { value: undefined, handler: false, class: false },
];

for (const { value, handler, class: isOne } of VALUES) {
  Deno.test(`isHandlerClass and isClass tell ${Deno.inspect(value)}`, () => {
    assertEquals([isHandlerClass(value), isClass(value)], [handler, isOne]);
  });
}
