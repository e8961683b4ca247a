/**
 * The part of a container's configuration that a release or a manual change requested, without anything that differs
 * between two containers of one service or changes when it is created again. Pure.
 */
import type { Container } from "../docker/containers.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { isAnonymous } from "../docker/volumes.ts"
import { hashLabel, serviceLabel, servicesLabel } from "./projectContainers.ts"

/** The engine derives the rest, or it describes only this container. */
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
 * Compose's own labels identify the container, the compose version and the source. Of these, only its hash and the
 * service's name are configuration. The labels of lastgood are compared separately.
 */
const isAsked = (label: string): boolean =>
  ![versionLabel, commitLabel, servicesLabel].includes(label) &&
  (!label.startsWith("com.docker.compose.") || label === hashLabel || label === serviceLabel)

export const configOf = ({ Id, Config, HostConfig, NetworkSettings }: Container): unknown => ({
  Config: {
    ...Object.fromEntries(fromConfig.map((key) => [key, Config[key]])),
    // Without a configured name, the engine names a container by its id.
    Hostname: Id.startsWith(String(Config["Hostname"] ?? "")) ? null : Config["Hostname"],
    Labels: Object.fromEntries(Object.entries(Config.Labels ?? {}).filter(([label]) => isAsked(label)))
  },
  HostConfig: withoutIds(Object.fromEntries(fromHost.map((key) => [key, HostConfig?.[key]]))),
  networks: Object.keys(NetworkSettings?.Networks ?? {})
})

/** `container:<id>`, and volumes without a name (`<id>:/path`), whose id changes when they are created again. */
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

/** Of all containers of a service: equal ones count once, however many there are; null: there are none. */
export const configOfAll = (containers: ReadonlyArray<Container>, hash: (config: unknown) => string | null) => {
  const hashes = [...new Set(containers.map((container) => hash(configOf(container))))].toSorted()
  const [first = null, ...others] = hashes
  return others.length === 0 ? first : hash(hashes)
}
