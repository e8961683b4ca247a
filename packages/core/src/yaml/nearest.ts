/** Finds the intended word, for messages about unknown names. Pure. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
const distance = (a: string, b: string): number => {
  const rows: Array<Array<number>> = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped ? at(i - 2, j - 2) + 1 : Infinity)
      )
    }
  }
  return at(a.length, b.length)
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, "")

/** The candidate nearest to `word`, if it is near enough to be the intended one; case and dashes are ignored. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | null => {
  const given = plain(word).slice(0, 100)
  let best: { readonly candidate: string; readonly edits: number } | null = null
  for (const candidate of candidates) {
    const edits = distance(given, plain(candidate))
    if (edits <= Math.max(1, Math.floor(candidate.length / 3)) && (best === null || edits < best.edits)) {
      best = { candidate, edits }
    }
  }
  return best?.candidate ?? null
}
