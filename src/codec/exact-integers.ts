/** Integers that a double cannot hold, read from JSON and written to it with every digit. kubectl reads each answer by it, so it stands alone. */

// JSON.stringify has no other place to learn this from.
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint) {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.toString());
  },
  configurable: true,
  writable: true,
});

/** As JSON.parse, but that integers keep their digits: for texts of our own. */
export function parseExact(text: string): unknown {
  return /\d{16}/.test(text) ? JSON.parse(text, exactInteger as (key: string, value: unknown) => unknown) : JSON.parse(text);
}

const digitsOnly = /^-?\d{16,19}$/;

/** JSON.parse shows what a number was written as. */
function exactInteger(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value) || !digitsOnly.test(source)) return value;
  const exact = BigInt(source);
  return exact === BigInt.asIntN(64, exact) ? exact : value;
}
