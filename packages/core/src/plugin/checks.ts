/** Health checks for plugins, with types. What they return is what the configuration holds: `{ http: "/health", … }`. */
import type { CheckText } from "../config/CheckFile.ts"
import type { LookInside } from "../domain/Extension.ts"

/** A check that is code of the plugin: only a plugin can have one. */
export interface CheckInside {
  readonly check: string
  readonly look: LookInside
  readonly timeout?: string
}

/** A health check of a plugin. */
export type PluginCheck = CheckText | CheckInside

interface Timeout {
  /** How long one look may take: `500ms`, `20s`. Default: `5s`. */
  readonly timeout?: string
}

type Target =
  /** A path of `https://<domain>`. */
  { readonly path: `/${string}`; readonly url?: never } | { readonly url: string; readonly path?: never }

interface Answer {
  /** The status that is healthy. Default: 200. Redirects are not followed. */
  readonly status?: number
  /** What the body must contain. */
  readonly contains?: string
}

interface GrpcOptions {
  /** The gRPC service that is asked about. Default: the server as a whole. */
  readonly service?: string
  /** Whether the server speaks TLS; its certificate is verified. Default: false. */
  readonly tls?: boolean
}

export const http = ({ path, url, ...rest }: Target & Answer & Timeout): CheckText => ({
  http: path ?? url ?? "",
  ...rest
})

/** @param address `host:port`, `[ipv6]:port`. */
export const tcp = (address: string, options: Timeout = {}): CheckText => ({ tcp: address, ...options })

/**
 * Asks the standard health protocol of gRPC (`grpc.health.v1.Health/Check`); SERVING is healthy.
 * @param address `host:port`, `[ipv6]:port`.
 */
export const grpc = (address: string, options: Timeout & GrpcOptions = {}): CheckText => ({ grpc: address, ...options })

/** Runs a command in the container of a service; exit code 0 is healthy. */
export const exec = (command: string, options: Timeout & { readonly service?: string } = {}): CheckText => ({
  exec: command,
  ...options
})

/**
 * Code of the plugin's own: healthy when it returns (a text is what was seen), not healthy when it throws (the message is
 * why, and is kept in the log: no secrets in it).
 */
export const check = (name: string, look: LookInside, options: Timeout = {}): CheckInside => ({
  check: name,
  look,
  ...options
})

/** The HEALTHCHECK of one service's container, or of all. Weak: it has been seen green while an app answered only 500. */
export const container = (service: string | true = true, options: Timeout = {}): CheckText => ({
  container: service,
  ...options
})
