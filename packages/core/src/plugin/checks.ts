/** Health checks for plugins, with types. They return checks as in the configuration: `{ http: "/health", … }`. */
import type { CheckText } from "../config/CheckFile.ts"
import type { LookInside } from "../domain/Extension.ts"

/** A check that is code of the plugin. */
export interface CheckInside {
  readonly check: string
  readonly look: LookInside
  readonly timeout?: string
}

/** A health check of a plugin. */
export type PluginCheck = CheckText | CheckInside

interface Timeout {
  /** How long one run of the check may take: `500ms`, `20s`. Default: `5s`. */
  readonly timeout?: string
}

type Target =
  /** A path of `https://<domain>`. */
  { readonly path: `/${string}`; readonly url?: never } | { readonly url: string; readonly path?: never }

interface Answer {
  /** The healthy status. Default: 200. Redirects are not followed. */
  readonly status?: number
  /** A text that the body must contain. */
  readonly contains?: string
}

interface GrpcOptions {
  /** The gRPC service to check. Default: the whole server. */
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
 * Calls the standard gRPC health service (`grpc.health.v1.Health/Check`); SERVING is healthy.
 * @param address `host:port`, `[ipv6]:port`.
 */
export const grpc = (address: string, options: Timeout & GrpcOptions = {}): CheckText => ({ grpc: address, ...options })

/** Runs a command in the container of a service; exit code 0 is healthy. */
export const exec = (command: string, options: Timeout & { readonly service?: string } = {}): CheckText => ({
  exec: command,
  ...options
})

/**
 * Runs code of the plugin. Healthy when it returns (a text is the evidence), unhealthy when it throws (the message is the
 * reason; the log keeps it, so it must not contain secrets).
 */
export const check = (name: string, look: LookInside, options: Timeout = {}): CheckInside => ({
  check: name,
  look,
  ...options
})

/** The HEALTHCHECK of one service's container, or of all. Weak evidence: it can pass while the app answers only 500. */
export const container = (service: string | true = true, options: Timeout = {}): CheckText => ({
  container: service,
  ...options
})
