/**
 * What lastgood knows of an app before it looks at the world: the app and its settings in three stages, a release of its
 * recipe, and a volume of its data. Plain values, shared by the domain and every port.
 */

import type { Check } from "./Check.ts"
import type { Extension } from "./Extension.ts"
import type { Ref } from "./Ref.ts"
import type { RuntimeKind } from "./RuntimeKind.ts"
import type { VersionsFrom } from "./VersionsFrom.ts"

export type { RuntimeKind } from "./RuntimeKind.ts"

/** How far an automatic upgrade may go. `manual`: never by itself. */
export type Policy = "patch" | "minor" | "major" | "manual"

/** What release notes do: hold back what asks for work by hand, be shown only, or nothing. */
export type NotesPolicy = "hold" | "show" | "ignore"

/** The health gate of an app: every check must pass for `stableForMs` without a failure, before `deadlineMs` is over. */
export interface Gate {
  readonly deadlineMs: number
  readonly stableForMs: number
  readonly intervalMs: number
  readonly checks: ReadonlyArray<Check>
}

/** Which paths of a volume are data: globs relative to the volume's root. Nothing named = everything. */
export interface VolumeFilter {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  /** Excluded as well, and the operator says that it may be lost: a whole volume and a whole database too. */
  readonly disposable?: ReadonlyArray<string>
}

/** One deployed instance of a recipe: which it is, and where its things are. Every path absolute. */
export interface App {
  readonly name: string
  /** Absolute path of the recipe's git repository, or of the folder with its files (`VersionsFrom`). */
  readonly recipe: string
  readonly versions: VersionsFrom
  /** The recipe's name, for plugins and people: the last part of its path. */
  readonly recipeName: string
  readonly runtime: RuntimeKind
  readonly domain: string
  /** What the runtime calls the app. */
  readonly stack: string
  /** Absolute path of the env file, if the app has one. */
  readonly envFile: string | null
  /** The names of the app's volumes, where its runtime has no engine that knows them. */
  readonly volumes: ReadonlyArray<string>
  /** The app's own folder under the root: `<root>/<app>`. */
  readonly dir: string
}

/** Every default filled in. */
export interface Settings {
  readonly policy: Policy
  readonly minimumAgeMs: number
  readonly releaseNotes: NotesPolicy
  /** Cron expression (5 or 6 fields, or `@daily` and its like) in the host's time zone; null: `intervalMs`. */
  readonly schedule: string | null
  readonly intervalMs: number
  readonly gate: Gate
  /** How often the daemon looks at the app's health between its passes; null: never. */
  readonly watchMs: number | null
  readonly snapshot: {
    /** How many snapshots stay; the last good one always does. */
    readonly keep: number
    /** By volume name, as in the recipe (without the stack's prefix). */
    readonly filters: Readonly<Record<string, VolumeFilter>>
    /** How long data that a rollback replaced is kept. */
    readonly asideMs: number
  }
  readonly deadlines: {
    readonly prefetchMs: number
    readonly undeployMs: number
    readonly deployMs: number
    /** How long a step may do nothing at all, beyond its own deadline if it has one, before it counts as hanging. */
    readonly stallMs: number
  }
  /** Who said what a setting is, by its path in the configuration; a missing one has its default. */
  readonly settledBy: ReadonlyMap<string, SettledBy>
}

/** With the settings of the configuration alone. */
export interface ConfiguredApp extends App, Settings {
  readonly stage: "configured"
}

/** With what its plugin says as well. */
export interface PluggedApp extends App, Settings {
  readonly stage: "plugged"
  /** What its plugin adds in code; null: nothing. */
  readonly extension: Extension | null
}

/**
 * With its effective settings: what the configuration, the plugin and the labels of the version that it is about say
 * together. Steps, and ports that read a setting, take no other; `engine/effective.ts` makes it.
 */
export interface EffectiveApp extends App, Settings {
  readonly stage: "effective"
  readonly extension: Extension | null
}

/** In this order: what the configuration says, neither its plugin nor its recipe replaces. */
export type SettledBy = "config" | "plugin" | "label" | "healthcheck"

/** A release laid out on disk, ready to be deployed. */
export interface Release extends Ref {
  /** The recipe's files at `commit`. Never written to. */
  readonly dir: string
  /** The env file that belongs to this release (0600), or null. */
  readonly envFile: string | null
  /** By service: the image in place of the one that the recipe names. */
  readonly images?: Readonly<Record<string, ReleaseImage>>
}

/** An image that a release is of, where its recipe does not say it all. */
export interface ReleaseImage {
  /** With its digest, where it has one. */
  readonly image: string
  /** Where its source is, and the commit of that, as the image says; null: it does not. */
  readonly source: string | null
  readonly revision: string | null
}

/** A data volume of an app. */
export interface Volume {
  /** Full name, as the runtime knows it: names the archive in a snapshot. */
  readonly name: string
  /** Name in the recipe, without the stack's prefix: what filters are written for. */
  readonly key: string
  /** Absolute path of the folder that holds the data. */
  readonly path: string
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /**
   * When it was made, ISO 8601 in UTC; null: nobody knows. No engine does of a `local` volume: what Docker shows changes
   * with the data.
   */
  readonly created: string | null
}
