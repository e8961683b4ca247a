/** The outline of the services of a compose file. Pure. */
import { createHash } from "node:crypto"
import * as Predicate from "effect/Predicate"
import type { Outline, ServiceOutline } from "../../domain/Outline.ts"
import type { Compose, ComposeService, ServiceMount } from "./Compose.ts"

const property = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

/** A list entry that is not a name could be a value (`- TOKEN: s3cret`, written wrongly): LAW-12. */
const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/.test(text)

const variablesOf = (environment: unknown): ReadonlyArray<readonly [string, unknown]> => {
  if (Array.isArray(environment)) {
    return environment.map((entry) => {
      const [name = "", ...value] = String(entry).split("=")
      return [name, value.join("=")]
    })
  }
  return Predicate.isObject(environment) ? Object.entries(environment) : []
}

const portText = (port: unknown): string => {
  if (!Predicate.isObject(port)) return String(port)
  const of = (key: string) => {
    const value = property(port, key)
    return value === undefined || value === null || value === "" ? "" : String(value)
  }
  const address = of("host_ip") === "" ? "" : `${of("host_ip")}:`
  const published = of("published") === "" ? "" : `${of("published")}:`
  return `${address}${published}${of("target")}/${of("protocol") || "tcp"}`
}

const mountText = ({ kind, readOnly, source, target }: ServiceMount, inRelease: (path: string) => string): string =>
  `${source === null ? (kind === "tmpfs" ? "tmpfs" : "anonymous") : inRelease(source)}:${target}${readOnly ? ":ro" : ""}`

const outlinedElsewhere: ReadonlySet<string> = new Set([
  "image",
  "ports",
  "volumes",
  "tmpfs",
  "environment",
  "env_file"
])

/**
 * @param mounts of the service.
 * @param release the folder of the release, which is another one for each version.
 */
export const outlineOf = (service: unknown, mounts: ReadonlyArray<ServiceMount>, release: string): ServiceOutline => {
  const inRelease = (text: string): string => text.replaceAll(`${release}/`, "./").replaceAll(release, ".")
  const hashOf = (value: unknown): string =>
    createHash("sha256")
      .update(inRelease(JSON.stringify(value) ?? ""))
      .digest("hex")
  const hashed = (entries: ReadonlyArray<readonly [string, unknown]>): ReadonlyMap<string, string> =>
    new Map(entries.flatMap(([name, value]) => (isName(name) ? [[name, hashOf(value)]] : [])))
  const settings = Predicate.isObject(service) ? Object.entries(service) : []
  return {
    ports: [property(service, "ports") ?? []].flat().map(portText),
    mounts: mounts.map((mount) => mountText(mount, inRelease)),
    variables: hashed(variablesOf(property(service, "environment"))),
    settings: hashed(settings.filter(([key, value]) => !outlinedElsewhere.has(key) && value !== null))
  }
}

export const mergeOutline = (earlier: ComposeService["outline"], later: ComposeService["outline"]): ServiceOutline => ({
  ports: [...earlier.ports, ...later.ports],
  mounts: [...earlier.mounts, ...later.mounts],
  variables: new Map([...earlier.variables, ...later.variables]),
  settings: new Map([...earlier.settings, ...later.settings])
})

export const outlineIn = ({ configs, networks, secrets, services, volumes }: Compose): Outline => {
  const keys = (objects: ReadonlyArray<{ readonly key: string }>) => objects.map(({ key }) => key)
  return {
    services: new Map(services.map(({ name, outline }) => [name, outline])),
    objects: { volumes: keys(volumes), networks: keys(networks), secrets: keys(secrets), configs: keys(configs) }
  }
}
