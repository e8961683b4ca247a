/** Replaces single values of a YAML text, and leaves every other character as it is: tags, comments, anchors. Pure. */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Scalar } from "yaml"

/** The names and positions that lead to a value. */
export type Keys = ReadonlyArray<string | number>

/** Values that are deeper are left alone. Also ends a walk through aliases that lead back to themselves. */
const deepest = 8

/**
 * @param text of a document that can be parsed, else it is returned unchanged.
 * @param replace gives the new value of a text; null: it stays. An alias or a merge key counts as what it stands for.
 */
export const replaceTexts = (text: string, replace: (keys: Keys, value: string) => string | null): string => {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, merge: true, uniqueKeys: false })
  if (document.errors.length > 0) return text
  const edits = new Map<number, { readonly end: number; readonly value: string }>()
  const edit = ({ range, type, value }: Scalar, keys: Keys) => {
    if (typeof value !== "string" || range === undefined || range === null || type?.startsWith("BLOCK") === true) return
    const replaced = replace(keys, value)
    if (replaced !== null) edits.set(range[0], { end: range[1], value: JSON.stringify(replaced) })
  }
  const walk = (node: unknown, keys: Keys, depth: number): void => {
    if (depth > deepest) return
    if (isAlias(node)) walk(node.resolve(document), keys, depth + 1)
    else if (isScalar(node)) edit(node, keys)
    else if (isSeq(node)) for (const [i, item] of node.items.entries()) walk(item, [...keys, i], depth + 1)
    else if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = String(isScalar(key) ? key.value : key)
        if (name !== "<<") walk(value, [...keys, name], depth + 1)
        else for (const one of isSeq(value) ? value.items : [value]) walk(one, keys, depth + 1)
      }
    }
  }
  walk(document.contents, [], 0)
  return [...edits]
    .toSorted(([one], [other]) => other - one)
    .reduce((whole, [start, { end, value }]) => whole.slice(0, start) + value + whole.slice(end), text)
}
