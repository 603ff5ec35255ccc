/**
 * Which lists and maps of an object that was read were given empty: they count as absent, and are none of it, but where upstream prints an
 * object in a message it tells the two apart. Known for as long as the object lives, and of no copy of it.
 */
const names = new WeakMap<object, Set<string>>();

export function noteGivenEmpty(holder: object, name: string): void {
  const known = names.get(holder);
  if (known) known.add(name);
  else names.set(holder, new Set([name]));
}

export const wasGivenEmpty = (holder: object, name: string): boolean => names.get(holder)?.has(name) === true;
