/** What runs, or ran, on this host. Nothing in it holds a value of an env file (LAW-12). */
import type { Watchtower } from "../runtime/docker/Watchtower.ts"

/** A published port. */
export interface FoundPort {
  /** `127.0.0.1` where the port is open on every address. */
  readonly address: string
  readonly port: number
  readonly protocol: string
}

/** A service of a project, by its container. */
export interface FoundService {
  readonly service: string
  /** The container's name. */
  readonly name: string
  /** As the compose file names it. */
  readonly image: string
  readonly isRunning: boolean
  readonly hasHealthcheck: boolean
  readonly ports: ReadonlyArray<FoundPort>
  /** Watchtower's only. */
  readonly labels: Readonly<Record<string, string>>
}

export interface FoundProject {
  readonly name: string
  /** The working folder; null: its containers do not tell. */
  readonly folder: string | null
  /** The compose files, absolute; empty: its containers do not tell. */
  readonly files: ReadonlyArray<string>
  /** Env files that were named when it was started. */
  readonly envFiles: ReadonlyArray<string>
  readonly services: ReadonlyArray<FoundService>
  /** lastgood deployed it. */
  readonly isManaged: boolean
}

export interface FoundStack {
  readonly name: string
  readonly services: ReadonlyArray<{ readonly service: string; readonly image: string }>
  readonly isManaged: boolean
}

/** An app of abra: its env file `servers/<server>/<domain>.env`. */
export interface FoundAbraApp {
  readonly domain: string
  readonly server: string
  readonly recipe: string
  readonly version: string | null
}

export interface FoundHost {
  readonly projects: ReadonlyArray<FoundProject>
  readonly stacks: ReadonlyArray<FoundStack>
  readonly abra: ReadonlyArray<FoundAbraApp>
  readonly watchtowers: ReadonlyArray<Watchtower>
  /** Names of containers that belong to no project and no stack. */
  readonly loose: ReadonlyArray<string>
}
