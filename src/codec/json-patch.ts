/**
 * RFC 6902 patches as upstream's library applies them: with negative indices, a `replace` that may add a member, and its
 * words when one does not apply. The document that comes in stays as it is; what is not on a changed path is shared.
 */
import { parseJson, setKey } from "./json.ts";
import { sameJson } from "./same-json.ts";

/** `badRequest` is a 400, `tooLarge` a 413, `unprocessable` a 422, `internal` a 500. */
export type PatchFault = "badRequest" | "tooLarge" | "unprocessable" | "internal";

export class PatchError extends Error {
  override name = "PatchError";
  readonly fault: PatchFault;

  constructor(fault: PatchFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export const maxJsonPatchOperations = 10_000;
/** How many places the elements of lists may be moved by all operations of one patch: a fraction of a second. */
const maxMoved = 100_000_000;
/** What `copy` operations of one patch may add together, in characters of JSON. */
const maxCopied = 3 * 1024 * 1024;

type Container = Record<string, unknown> | unknown[];

interface Operation {
  op?: unknown;
  path?: unknown;
  from?: unknown;
  value?: unknown;
}

export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw new PatchError("badRequest", `json: cannot unmarshal ${goKind(patch)} into Go value of type jsonpatch.Patch`);
  if (patch.length > maxJsonPatchOperations)
    throw new PatchError("tooLarge", `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`);
  const work: Work = { root: document, own: new Set(), copied: 0, moved: 0 };
  for (const operation of patch) {
    if (operation === null || typeof operation !== "object" || Array.isArray(operation))
      throw new PatchError("badRequest", `json: cannot unmarshal ${goKind(operation)} into Go value of type jsonpatch.Operation`);
    apply(work, operation as Operation);
  }
  return work.root;
}

interface Work {
  root: unknown;
  /** Containers made by this patch: they may be changed in place. */
  own: Set<object>;
  copied: number;
  moved: number;
}

function apply(work: Work, operation: Operation): void {
  const { op } = operation;
  switch (op) {
    case "add": {
      const path = pathOf(operation, "add operation failed to decode path: ");
      const spot = locate(work, path) ?? fail(`add operation does not apply: doc is missing path: "${path}": missing value`);
      return inPath("add", path, () => insert(work, spot, valueIn(operation)));
    }
    case "remove": {
      const path = pathOf(operation, "remove operation failed to decode path: ");
      const spot = locate(work, path) ?? fail(`remove operation does not apply: doc is missing path: "${path}": missing value`);
      return inPath("remove", path, () => remove(work, spot));
    }
    case "replace": {
      const path = pathOf(operation, "replace operation failed to decode path: operation missing path field: ");
      if (path === "") {
        const value = valueIn(operation);
        if (value === null || typeof value !== "object") fail("replace operation value must be object or array: unknown object type");
        work.root = value;
        return;
      }
      const spot = locate(work, path) ?? fail(`replace operation does not apply: doc is missing path: ${path}: missing value`);
      try {
        read(spot);
      } catch {
        fail(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      }
      return inPath("remove", path, () => write(spot, valueIn(operation)));
    }
    case "move": {
      const from = fromOf(operation, "move operation failed to decode from: ");
      const source = locate(work, from) ?? fail(`move operation does not apply: doc is missing from path: ${from}: missing value`);
      const value = inPath("move", source.key, () => read(source));
      inPath("move", source.key, () => remove(work, source));
      const path = pathOf(operation, "move operation failed to decode path: ");
      const spot = locate(work, path) ?? fail(`move operation does not apply: doc is missing destination path: ${path}: missing value`);
      return inPath("move", path, () => insert(work, spot, value ?? null));
    }
    case "copy": {
      const from = fromOf(operation, "copy operation failed to decode from: ");
      const source = locate(work, from) ?? fail(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
      let value: unknown;
      try {
        value = read(source);
      } catch (error) {
        fail(`error in copy for from: '${from}': ${(error as Error).message}`);
      }
      const path = pathOf(operation, "copy operation failed to decode path: ");
      const spot = locate(work, path) ?? fail(`copy operation does not apply: doc is missing destination path: ${path}: missing value`);
      const text = JSON.stringify(value ?? null);
      work.copied += text.length;
      if (work.copied > maxCopied)
        fail(
          `error while performing deep copy: Unable to complete the copy, the accumulated size increase of copy is ${work.copied}, exceeding the limit ${maxCopied}`,
        );
      try {
        return insert(work, spot, parseJson(text));
      } catch (error) {
        if (error instanceof PatchError) throw error;
        return fail(`error while adding value during copy: ${(error as Error).message}`);
      }
    }
    case "test": {
      const path = pathOf(operation, "test operation failed to decode path: operation missing path field: ");
      if (path === "") {
        if (!sameJson(work.root, valueIn(operation))) fail(`testing value ${path} failed: test failed`);
        return;
      }
      const spot = locate(work, path) ?? fail(`test operation does not apply: is missing path: ${path}: missing value`);
      const value = inPath("test", path, () => read(spot));
      if (!sameJson(value ?? null, valueIn(operation))) fail(`testing value ${path} failed: test failed`);
      return;
    }
    default:
      fail(`Unexpected kind: ${typeof op === "string" ? op : "unknown"}`);
  }
}

interface Spot {
  container: Container;
  key: string;
}

/** The container that holds the last token of the path, made this patch's own on the way; undefined when there is none. */
function locate(work: Work, path: string): Spot | undefined {
  const tokens = path.split("/");
  if (tokens.length < 2) return undefined;
  if (!isContainer(work.root)) return undefined;
  let container = owned(work, work.root);
  work.root = container;
  for (const token of tokens.slice(1, -1)) {
    let spot: Spot;
    let next: unknown;
    try {
      spot = { container, key: unescapeToken(token) };
      next = read(spot);
    } catch {
      return undefined;
    }
    if (!isContainer(next)) return undefined;
    const own = owned(work, next);
    if (own !== next) write(spot, own);
    container = own;
  }
  return { container, key: unescapeToken(tokens.at(-1)!) };
}

function owned(work: Work, container: Container): Container {
  if (work.own.has(container)) return container;
  const copy: Container = Array.isArray(container) ? [...container] : { ...container };
  work.own.add(copy);
  return copy;
}

function read({ container, key }: Spot): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = indexOf(key, container.length);
  if (index >= container.length) throw badIndex(index);
  return container[index];
}

function write({ container, key }: Spot, value: unknown): void {
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else setKey(container, key, value);
}

function insert(work: Work, { container, key }: Spot, value: unknown): void {
  if (!Array.isArray(container)) return setKey(container, key, value);
  if (key === "-") {
    container.push(value);
    return;
  }
  if (!/^[+-]?\d+$/.test(key)) throw new Error(`value was not a proper array index: '${key}': ${notANumber(key)}`);
  const index = indexOf(key, container.length + 1);
  if (index > container.length) throw badIndex(index);
  move(work, container.length - index);
  container.splice(index, 0, value);
}

/** An element in the middle of a long list moves all behind it; ten thousand of them are no small patch any more. */
function move(work: Work, places: number): void {
  work.moved += places;
  if (work.moved > maxMoved) throw new PatchError("tooLarge", "The operations of the JSON patch move too many elements of long lists");
}

function remove(work: Work, { container, key }: Spot): void {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, key)) throw new Error(`Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
    return;
  }
  const index = indexOf(key, container.length);
  if (index >= container.length) throw badIndex(index);
  move(work, container.length - index);
  container.splice(index, 1);
}

/** A negative index counts from the end of a list of this length. */
function indexOf(key: string, length: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw new Error(notANumber(key));
  const index = Number(key);
  if (index < -length) throw badIndex(index);
  return index < 0 ? index + length : index;
}

const badIndex = (index: number) => new Error(`Unable to access invalid index: ${index}: invalid index referenced`);
const notANumber = (key: string) => `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
const unescapeToken = (token: string) => token.replaceAll("~1", "/").replaceAll("~0", "~");

function isContainer(value: unknown): value is Container {
  return value !== null && typeof value === "object";
}

function pathOf({ path }: Operation, context: string): string {
  if (typeof path !== "string") fail(`${context}missing value`);
  return path as string;
}

function fromOf({ from }: Operation, context: string): string {
  if (typeof from !== "string") fail(`${context}operation, missing from field: missing value`);
  return from as string;
}

function valueIn(operation: Operation): unknown {
  return operation.value ?? null;
}

function inPath<T>(operation: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatchError) throw error;
    return fail(`error in ${operation} for path: '${path}': ${(error as Error).message}`);
  }
}

function fail(message: string): never {
  throw new PatchError("unprocessable", message);
}

function goKind(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "boolean" ? "bool" : Array.isArray(value) ? "array" : typeof value;
}
