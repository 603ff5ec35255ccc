/** How many seats a request takes: one, and a list more, by the bytes that it makes the server hold. */

const bytesPerSeat = 100_000;
/** Lists are streamed from memory: however long, no more than this is held at once. */
const mostHeld = 1_000_000;

/** Of what is stored of a resource. */
export interface Size {
  objects: number;
  averageBytes: number;
}

export function seatsOfList({ objects, averageBytes }: Size, limit: number, levelsMost: number): number {
  const listed = limit > 0 ? Math.min(limit, objects) : objects;
  const seats = Math.ceil(Math.min(listed * averageBytes, mostHeld) / bytesPerSeat);
  return Math.max(1, Math.min(seats, levelsMost));
}

/** What one request may take of a level: a small part, and no more than one queue's part of a hand. */
export function mostSeatsOf(nominal: number, handSize: number): number {
  return handSize > 0 ? Math.max(1, Math.min(Math.ceil(0.15 * nominal), Math.floor(nominal / handSize))) : Number.POSITIVE_INFINITY;
}

/** Objects that are looked at to know how large the others are. */
const sampled = 16;

export function sizeOf(records: { size: number; values(): Iterable<{ value: Buffer }> } | undefined): Size | undefined {
  if (!records) return undefined;
  let bytes = 0;
  let seen = 0;
  for (const { value } of records.values()) {
    if (seen === sampled) break;
    bytes += value.length;
    seen++;
  }
  return { objects: records.size, averageBytes: seen === 0 ? 0 : bytes / seen };
}
