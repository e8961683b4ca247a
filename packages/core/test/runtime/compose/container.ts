import type { Container } from "../../../src/runtime/docker/containers.ts"

export interface Like {
  readonly service?: string
  readonly name?: string
  readonly status?: string
  readonly code?: number
  readonly restart?: string
  readonly restarts?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly ports?: Readonly<Record<string, ReadonlyArray<{ readonly HostIp: string; readonly HostPort: string }>>>
  readonly mounts?: Container["Mounts"]
  readonly network?: string
  readonly error?: string
  readonly startedAt?: string
}

/** A container of the project `shop`, as the engine shows it. */
export const container = (like: Like = {}): Container => {
  const { service = "web", status = "running", name = `shop-${service}-1` } = like
  return {
    Id: name,
    Name: `/${name}`,
    Created: "2026-01-01T00:00:00Z",
    RestartCount: like.restarts ?? 0,
    State: {
      Status: status,
      Running: ["running", "paused", "restarting"].includes(status),
      ExitCode: like.code ?? 0,
      Error: like.error ?? "",
      StartedAt: like.startedAt ?? "2026-01-01T00:00:00Z"
    },
    Config: {
      Image: "busybox:1",
      Labels: {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.oneoff": "False",
        "lastgood.commit": "c2",
        "lastgood.version": "2.0.0+2",
        ...like.labels
      }
    },
    HostConfig: { RestartPolicy: { Name: like.restart ?? "no" } },
    NetworkSettings: {
      Ports: like.ports ?? {},
      Networks: like.network === undefined ? {} : { n: { NetworkID: like.network } }
    },
    Mounts: like.mounts ?? []
  }
}
