/**
 * Named placeholders in translations.
 *
 * @module
 */

/**
 * Fills in the placeholders of a translation: `%(name)s`, `%(count)d`. `%%` is a percent sign.
 *
 * It is what Python writes as `_("Hello, %(name)s") % {"name": name}`.
 *
 * @throws {RangeError} if a placeholder has no value
 *
 * @example
 * ```ts
 * import { fillPlaceholders } from "@denado/denado/locale";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fillPlaceholders("%(name)s liked %(count)d%%", { name: "Ann", count: 3.7 }), "Ann liked 3%");
 * ```
 */
export function fillPlaceholders(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/%(?:%|\(([^)]*)\)([sd]))/g, (placeholder, name?: string, type?: string) => {
    if (name === undefined) return "%";
    if (!Object.hasOwn(values, name)) throw new RangeError(`Cannot fill in ${placeholder}: there is no such value`);
    const value = values[name]!;
    return type === "d" ? String(Math.trunc(Number(value))) : String(value);
  });
}
