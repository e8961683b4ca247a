/**
 * The versions that a name means: the one of this name, otherwise those of which it is one part (`1.5.0` of `1.4.0+1.5.0`).
 * Pure.
 */
export const namedBy = <V extends { readonly version: string }>(
  versions: ReadonlyArray<V>,
  name: string
): ReadonlyArray<V> => {
  const exact = versions.filter(({ version }) => version === name)
  return exact.length > 0 ? exact : versions.filter(({ version }) => version.split("+").includes(name))
}
