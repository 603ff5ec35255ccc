/** How a value is sealed: what every way of sealing can do, and how several of them stand for one resource. */
import { StoreError } from "../contract.ts";

export interface Opened {
  value: Buffer;
  /** It was sealed otherwise than it would be now: whoever writes it next writes it, even if nothing else has changed. */
  isStale: boolean;
}

/** `name` is the key that the value has in the store. Both throw, or reject, when it cannot be done. */
export interface Transformer {
  seal(name: string, value: Buffer): Buffer | Promise<Buffer>;
  open(name: string, sealed: Buffer): Opened | Promise<Opened>;
}

/** Values of it begin so. */
export interface Marked {
  mark: Buffer;
  transformer: Transformer;
}

/** The first seals, all open: each is tried whose mark the value has. `none`: what is said of a value without a known mark. */
export function firstOf(all: readonly Marked[], none: string): Transformer {
  const [first] = all;
  const open = (name: string, value: Buffer, from: number, problems: unknown[]): Opened | Promise<Opened> => {
    for (let i = from; i < all.length; i++) {
      const { mark, transformer } = all[i]!;
      if (!startsWith(value, mark)) continue;
      const opened = ({ value: found, isStale }: Opened): Opened => ({ value: found, isStale: isStale || i > 0 });
      // What is not sealed at all says of what is that it is not its own: another one may know it.
      const failed = (error: unknown) => {
        if (mark.length > 0) problems.push(error);
      };
      try {
        const answer = transformer.open(name, value.subarray(mark.length));
        if (!(answer instanceof Promise)) return opened(answer);
        return answer.then(opened, (error) => {
          failed(error);
          return open(name, value, i + 1, problems);
        });
      } catch (error) {
        failed(error);
      }
    }
    throw problems[0] ?? new StoreError(`${name}: ${none}`);
  };
  return {
    seal(name, value) {
      const sealed = first!.transformer.seal(name, value);
      const marked = (body: Buffer) => (first!.mark.length === 0 ? body : Buffer.concat([first!.mark, body]));
      return sealed instanceof Promise ? sealed.then(marked) : marked(sealed);
    },
    open: (name, value) => open(name, value, 0, []),
  };
}

export const startsWith = (value: Buffer, mark: Buffer): boolean =>
  mark.length === 0 || (value.length >= mark.length && value.compare(mark, 0, mark.length, 0, mark.length) === 0);

/** What upstream's ways of sealing begin with. */
export const sealedMark = Buffer.from("k8s:enc:");

/** Values as they are; refuses those that somebody sealed. */
export const identity: Transformer = {
  seal: (_name, value) => value,
  open(name, value) {
    if (startsWith(value, sealedMark)) throw new StoreError(`${name}: identity transformer tried to read encrypted data`);
    return { value, isStale: false };
  },
};
