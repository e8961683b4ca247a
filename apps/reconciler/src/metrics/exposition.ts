/** Prometheus' text format. Pure. */

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** `counts[i]`: observations of at most `bounds[i]` and more than the bound before. The last one has no bound. */
export interface Distribution {
  readonly labels: Labels
  readonly bounds: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
  readonly sum: number
}

export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: "counter" | "gauge"; readonly samples: ReadonlyArray<Sample> }
  | { readonly type: "histogram"; readonly distributions: ReadonlyArray<Distribution> }
)

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const special = /[\\\n"]/

/** A page of a host with many apps has a hundred thousand of them, and few need it. */
const quoted = (value: string): string => (special.test(value) ? escaped(value).replaceAll('"', '\\"') : value)

/** `app="demo",state="open"` */
const pairsOf = (labels: Labels): string => {
  let pairs = ""
  for (const key in labels) pairs += `${pairs === "" ? "" : ","}${key}="${quoted(labels[key] ?? "")}"`
  return pairs
}

const numeral = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf"
}

const line = (name: string, pairs: string, value: number): string =>
  `${name}${pairs === "" ? "" : `{${pairs}}`} ${numeral(value)}\n`

const linesOf = (name: string, { bounds, counts, labels, sum }: Distribution): string => {
  const pairs = pairsOf(labels)
  const before = pairs === "" ? "" : `${pairs},`
  let seen = 0
  let text = ""
  for (let i = 0; i <= bounds.length; i++) {
    seen += counts[i] ?? 0
    text += line(`${name}_bucket`, `${before}le="${numeral(bounds[i] ?? Number.POSITIVE_INFINITY)}"`, seen)
  }
  return text + line(`${name}_sum`, pairs, sum) + line(`${name}_count`, pairs, seen)
}

const samplesOf = (family: Family): ReadonlyArray<string> =>
  family.type === "histogram"
    ? family.distributions.map((one) => linesOf(family.name, one))
    : family.samples.map(({ labels, value }) => line(family.name, pairsOf(labels), value))

export const exposition = (families: ReadonlyArray<Family>): string =>
  families
    .map((family) => {
      const { help, name, type } = family
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${samplesOf(family).join("")}`
    })
    .join("")
