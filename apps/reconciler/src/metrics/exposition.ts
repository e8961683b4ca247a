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

const labelled = (name: string, labels: Labels): string => {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`
}

const numeral = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf"
}

const line = (name: string, labels: Labels, value: number): string => `${labelled(name, labels)} ${numeral(value)}`

const linesOf = (name: string, { bounds, counts, labels, sum }: Distribution): ReadonlyArray<string> => {
  let seen = 0
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
    seen += counts[i] ?? 0
    return line(`${name}_bucket`, { ...labels, le: numeral(bound) }, seen)
  })
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, seen)]
}

export const exposition = (families: ReadonlyArray<Family>): string =>
  families
    .flatMap((family) => {
      const { help, name, type } = family
      const lines =
        family.type === "histogram"
          ? family.distributions.flatMap((one) => linesOf(name, one))
          : family.samples.map(({ labels, value }) => line(name, labels, value))
      return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines]
    })
    .map((text) => `${text}\n`)
    .join("")
