/** What the macros of two variables build their maps with. */
import { declare, overload, type Value } from "../declare.ts";
import { mapOf, param } from "../types.ts";
import { type CelMap, Fault, type MapValue, mapEntries } from "../value.ts";

const K = param("K");
const V = param("V");
const mapKV = mapOf(K, V);

/** A loop owns the map that it builds, and adds to it in place. */
function insert(map: CelMap, key: Value, value: Value): CelMap {
  if (!map.insert(key, value)) throw new Fault(`insert failed: key ${String(key)} already exists`);
  return map;
}

function insertAll(map: CelMap, entries: MapValue): CelMap {
  for (const [key, value] of mapEntries(entries)) insert(map, key, value);
  return map;
}

export const comprehensions = [
  declare(
    "cel.@mapInsert",
    overload("@mapInsert_map_key_value", [mapKV, K, V], mapKV, insert),
    overload("@mapInsert_map_map", [mapKV, mapKV], mapKV, insertAll),
  ),
];
