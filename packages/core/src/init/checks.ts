/** Guesses health checks from published ports, HEALTHCHECKs and images. Pure; `probe.ts` asks the ports. */
import { parseReference, repositoryText } from "../version/registry/Reference.ts"
import type { FoundPort, FoundService } from "./Found.ts"
import { scalar } from "./lines.ts"

/** What a port answered. `http`: the status of a GET of `/`. `closed`: nothing answered. */
export type PortAnswer =
  | { readonly kind: "http"; readonly status: number }
  | { readonly kind: "open" }
  | { readonly kind: "closed" }

export interface ProbedPort extends FoundPort {
  readonly service: string
  readonly answer: PortAnswer
}

const databases: ReadonlyArray<readonly [kind: string, names: RegExp]> = [
  ["postgres", /^(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?)$/],
  ["mariadb", /^(?:mariadb|mysql)$/],
  ["redis", /^(?:redis|valkey)$/]
]

const lastPart = (image: string): string => {
  const reference = parseReference(image)
  return (reference === null ? image : repositoryText(reference)).split("/").at(-1) ?? ""
}

/** The kind of the database that an image is, as the plugin `generic` names it; null: none that it knows. */
export const databaseOf = (image: string): string | null => {
  const name = lastPart(image)
  return databases.find(([, names]) => names.test(name))?.[0] ?? null
}

const isPageStatus = (status: number): boolean => status < 400 || status === 401 || status === 403

/** One port of each service: a page if it has one. */
const portsToCheck = (ports: ReadonlyArray<ProbedPort>): ReadonlyArray<ProbedPort> =>
  [...Map.groupBy(ports, ({ service }) => service).values()].flatMap((own) => {
    const page = own.find(({ answer }) => answer.kind === "http" && isPageStatus(answer.status))
    const best = page ?? own.find(({ answer }) => answer.kind !== "closed")
    return best === undefined ? [] : [best]
  })

const host = (address: string): string => (address.includes(":") ? `[${address}]` : address)
const authority = ({ address, port }: FoundPort): string => `${host(address)}:${port}`

const checkLines = (found: ProbedPort): ReadonlyArray<string> => {
  const { answer } = found
  if (answer.kind === "http" && isPageStatus(answer.status)) {
    return [`- http: "http://${authority(found)}/"`, `  status: ${answer.status} # as it answered just now`]
  }
  return [`- tcp: "${authority(found)}"`]
}

/** The gate, or the plugin `generic`, which checks databases as well. */
export const gateLines = (
  services: ReadonlyArray<FoundService>,
  ports: ReadonlyArray<ProbedPort>,
  published: number | null
): ReadonlyArray<string> => {
  const checked = portsToCheck(ports)
  const stores = services.flatMap(({ image, service }) => {
    const kind = databaseOf(image)
    return kind === null ? [] : [[service, kind] as const]
  })
  const healthchecks = services.filter(({ hasHealthcheck }) => hasHealthcheck).map(({ service }) => service)
  if (stores.length > 0) return genericLines(checked, stores)
  const checks = [
    ...checked.flatMap(checkLines),
    ...healthchecks.map((service) => `- container: ${scalar(service)} # its HEALTHCHECK`)
  ]
  if (checks.length > 0) return ["health:", "  checks:", ...checks.map((line) => `    ${line}`)]
  return [
    "# No check could be guessed. Without one, lastgood only sees that the services run. For example:",
    "# health:",
    "#   checks:",
    `#     - http: "http://127.0.0.1:${published ?? 8080}/"`,
    "#       status: 200"
  ]
}

const genericLines = (
  checked: ReadonlyArray<ProbedPort>,
  stores: ReadonlyArray<readonly [service: string, kind: string]>
): ReadonlyArray<string> => {
  const page = checked.find(({ answer }) => answer.kind === "http" && isPageStatus(answer.status))
  const status = page?.answer.kind === "http" ? page.answer.status : null
  const isStore = (port: ProbedPort) => stores.some(([service]) => service === port.service)
  const open = checked.filter((port) => port !== page && !isStore(port))
  return [
    "plugin: generic # checks of pages, ports and databases: docs/plugins.md",
    "settings:",
    ...(page === undefined ? [] : [`  url: "http://${authority(page)}"`, `  http: [{ path: /, status: ${status} }]`]),
    ...(open.length === 0 ? [] : [`  tcp: [${open.map((port) => `"${authority(port)}"`).join(", ")}]`]),
    `  databases: { ${stores.map(([service, kind]) => `${scalar(service)}: ${kind}`).join(", ")} }`
  ]
}
