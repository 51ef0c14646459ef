/** A PostgreSQL array literal of numbers, bigints, booleans or nulls. */
export function arrayOf(values: readonly (number | bigint | boolean | null)[]): string {
  return `{${values.map((value) => (value === null ? 'null' : value)).join(',')}}`
}

/** A PostgreSQL array literal of texts; quoted, so that any text stays itself. */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values
    .map((value) => (value === null ? 'null' : `"${value.replace(/["\\]/g, '\\$&')}"`))
    .join(',')}}`
}
