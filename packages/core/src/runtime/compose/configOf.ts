/**
 * What of a container was asked for by a release or by somebody's hand: nothing that differs between two containers of one
 * service, or that making it again changes. Pure.
 */
import type { Container } from "../docker/containers.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { isAnonymous } from "../docker/volumes.ts"
import { hashLabel, serviceLabel, servicesLabel } from "./Project.ts"

/** The rest of what the engine keeps is worked out by it, or tells of this one container. */
const fromConfig = [
  ...["Image", "Env", "Cmd", "Entrypoint", "User", "WorkingDir", "Healthcheck", "ExposedPorts", "Domainname"],
  ...["StopSignal", "StopTimeout", "Tty", "OpenStdin"]
] as const
const fromHost = [
  ...["Binds", "Mounts", "Tmpfs", "VolumesFrom", "VolumeDriver", "PortBindings", "PublishAllPorts", "RestartPolicy"],
  ...["NetworkMode", "IpcMode", "PidMode", "UTSMode", "UsernsMode", "Cgroup", "CgroupParent", "Runtime", "Isolation"],
  ...[
    "Dns",
    "DnsOptions",
    "DnsSearch",
    "ExtraHosts",
    "Links",
    "GroupAdd",
    "CapAdd",
    "CapDrop",
    "SecurityOpt",
    "Sysctls"
  ],
  ...[
    "Privileged",
    "ReadonlyRootfs",
    "Init",
    "AutoRemove",
    "LogConfig",
    "Devices",
    "DeviceRequests",
    "Ulimits",
    "ShmSize"
  ],
  ...[
    "Memory",
    "MemorySwap",
    "MemoryReservation",
    "MemorySwappiness",
    "NanoCpus",
    "CpuShares",
    "CpuQuota",
    "CpuPeriod"
  ],
  ...["CpusetCpus", "CpusetMems", "PidsLimit", "OomKillDisable", "OomScoreAdj", "BlkioWeight", "StorageOpt"]
] as const

/**
 * Compose's own labels say which container it is, by which compose it was made, and from where; its hash and the name of
 * the service are what was asked for. Those of lastgood are looked at for what they say.
 */
const isAsked = (label: string): boolean =>
  ![versionLabel, commitLabel, servicesLabel].includes(label) &&
  (!label.startsWith("com.docker.compose.") || label === hashLabel || label === serviceLabel)

export const configOf = ({ Id, Config, HostConfig, NetworkSettings }: Container): unknown => ({
  Config: {
    ...Object.fromEntries(fromConfig.map((key) => [key, Config[key]])),
    // An engine names a container that has no name of its own by its id.
    Hostname: Id.startsWith(String(Config["Hostname"] ?? "")) ? null : Config["Hostname"],
    Labels: Object.fromEntries(Object.entries(Config.Labels ?? {}).filter(([label]) => isAsked(label)))
  },
  HostConfig: withoutIds(Object.fromEntries(fromHost.map((key) => [key, HostConfig?.[key]]))),
  networks: Object.keys(NetworkSettings?.Networks ?? {})
})

/** `container:<id>`, and volumes without a name (`<id>:/path`): known by an id that making them again changes. */
const withoutIds = (value: unknown): unknown => {
  if (typeof value === "string") {
    const [first = "", ...others] = value.split(":")
    if (first === "container") return first
    return isAnonymous(first) ? ["anonymous", ...others].join(":") : value
  }
  if (Array.isArray(value)) return value.map(withoutIds)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutIds(entry)]))
}

/** Of all containers of a service: those that are alike count once, however many there are; null: there is none. */
export const configOfAll = (containers: ReadonlyArray<Container>, hash: (config: unknown) => string | null) => {
  const hashes = [...new Set(containers.map((container) => hash(configOf(container))))].toSorted()
  const [first = null, ...others] = hashes
  return others.length === 0 ? first : hash(hashes)
}
