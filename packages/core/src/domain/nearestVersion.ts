/** The version that was probably meant by a name that no version has. Pure. */

/** `v1.1` and `1.1.0` as their numbers. */
const numbersOf = (name: string): string => name.replace(/^v/i, "").split(/[.+-]/).join(".")

/**
 * The newest version of which a part begins with the name, or the other way round: `1.1` and `v1.1.0` mean `1.1.0+2.0.0`.
 *
 * @param versions in order; the last is the newest.
 * @returns null: none is near.
 */
export const nearestVersion = (versions: ReadonlyArray<string>, name: string): string | null => {
  const given = numbersOf(name)
  if (!/^\d/.test(given)) return null
  const begins = (long: string, short: string) => long === short || long.startsWith(`${short}.`)
  const near = versions.filter((version) =>
    [version, ...version.split("+")].map(numbersOf).some((one) => begins(one, given) || begins(given, one))
  )
  return near.at(-1) ?? null
}
