/**
 * Space kept for the day when the disk is full: a file of zeros beside the database. It is given up so that deletes can
 * still be written, and made again when there is room.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const reserveBytes = 8 * 1024 * 1024;
/** Free space beyond the reserve itself that counts as room again. */
const marginBytes = 4 * 1024 * 1024;

export interface DiskReserve {
  /** True while the reserve is there: nothing has been full lately. */
  held(): boolean;
  /** There is space for the reserve and more. */
  hasRoom(): boolean;
  give(): void;
  /** Makes the file if there is room for it; a disk that cannot hold it has none to keep. */
  take(): void;
}

export function diskReserve(database: string): DiskReserve {
  const file = `${database}.reserve`;
  const folder = dirname(database);
  const hasRoom = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > reserveBytes + marginBytes;
  };
  let held = existsSync(file);
  const give = () => {
    rmSync(file, { force: true });
    held = false;
  };
  return {
    held: () => held,
    hasRoom,
    give,
    take() {
      if (held || !hasRoom()) return;
      try {
        const handle = openSync(file, "w", 0o600);
        try {
          const zeros = Buffer.alloc(1024 * 1024);
          for (let written = 0; written < reserveBytes; written += zeros.length) writeSync(handle, zeros);
          fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
        held = true;
      } catch {
        give();
      }
    },
  };
}
