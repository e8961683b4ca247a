/** Renames an app in the text of a configuration: its key, and where `after` of other apps names it. Pure. */
import { isMap, isPair, isScalar, isSeq, parseDocument, type Scalar } from "yaml"

/** A text that YAML would read as something else is quoted. */
const scalar = (name: string): string =>
  /^[a-z][a-z0-9._-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/.test(name)
    ? name
    : JSON.stringify(name)

/**
 * Every other character stays: comments, order, anchors.
 *
 * @returns null: the app's key is not written there in plain, such as in a merge key. The operator renames it.
 */
export const renamedApp = (text: string, from: string, to: string): string | null => {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, merge: true, uniqueKeys: false })
  const apps = isMap(document.contents) ? document.contents.get("apps") : null
  if (document.errors.length > 0 || !isMap(apps)) return null
  const isNamed = (node: unknown): node is Scalar => isScalar(node) && node.value === from
  const key = apps.items.map((pair) => pair.key).find(isNamed)
  if (key === undefined) return null
  const others = apps.items.flatMap((pair) => {
    const after = isPair(pair) && isMap(pair.value) ? pair.value.get("after") : null
    return isSeq(after) ? after.items.filter(isNamed) : []
  })
  const ranges = [key, ...others].map(({ range }) => range)
  if (ranges.some((range) => range === null || range === undefined)) return null
  return ranges
    .map((range) => [range?.[0] ?? 0, range?.[1] ?? 0] as const)
    .toSorted(([one], [other]) => other - one)
    .reduce((whole, [start, end]) => whole.slice(0, start) + scalar(to) + whole.slice(end), text)
}
