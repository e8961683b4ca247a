/**
 * An app and its settings in three stages, a release of its recipe, and a volume of its data. Plain values, shared by
 * the domain and every port.
 */

import type { Check } from "./Check.ts"
import type { Extension } from "./Extension.ts"
import type { Window } from "./policy/window.ts"
import type { Ref } from "./Ref.ts"
import type { RuntimeKind } from "./RuntimeKind.ts"
import type { VersionsFrom } from "./VersionsFrom.ts"

export type { RuntimeKind } from "./RuntimeKind.ts"

/** How far an automatic upgrade may go. `manual`: never automatically. */
export type Policy = "patch" | "minor" | "major" | "manual"

/** How release notes that ask for manual work are treated: they stop the upgrade, are only shown, or are ignored. */
export type NotesPolicy = "hold" | "show" | "ignore"

/** The health gate of an app: within `deadlineMs`, every check must pass for `stableForMs` without a failure. */
export interface Gate {
  readonly deadlineMs: number
  readonly stableForMs: number
  readonly intervalMs: number
  readonly checks: ReadonlyArray<Check>
}

/** Which paths of a volume are data: globs relative to the volume root. An empty filter keeps everything. */
export interface VolumeFilter {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  /** Also excluded. The operator accepts its loss, even of a whole volume or a whole database. */
  readonly disposable?: ReadonlyArray<string>
}

/**
 * `tar`: an archive is written while the app is down. `mirror`: a copy is kept, and brought up to date then. `btrfs`: a
 * snapshot of the folder, which is a subvolume. `auto`: one of them, chosen for each volume.
 */
export type SnapshotEngine = "auto" | "tar" | "mirror" | "btrfs"

/** `own`: data of the app. `external`: not data of the app; neither snapshotted nor restored. */
export type DataAnswer = "own" | "external"

/** One deployed instance of a recipe, and where its files are. Every path is absolute. */
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
  /** The names of the app's volumes, for a runtime whose engine does not list them. */
  readonly volumes: ReadonlyArray<string>
  /** The working folder of the app's project, where relative paths of its files lead; null: its recipe's. */
  readonly folder: string | null
  /** What the operator answered about paths of the host that the app mounts, by absolute path. */
  readonly data: ReadonlyMap<string, DataAnswer>
  /** The app's own folder under the root: `<root>/<app>`. */
  readonly dir: string
}

/** An app's settings, with every default filled in. Times are in milliseconds. */
export interface Settings {
  readonly policy: Policy
  readonly minimumAgeMs: number
  readonly releaseNotes: NotesPolicy
  /** Cron expression (5 or 6 fields, or `@daily` and its like) in the host's time zone; null: `intervalMs`. */
  readonly schedule: string | null
  readonly intervalMs: number
  /** An automatic upgrade begins in one of them; empty: at any time. */
  readonly windows: ReadonlyArray<Window>
  /** Names of apps that come first: an automatic upgrade begins once they are healthy and take no version themselves. */
  readonly after: ReadonlyArray<string>
  readonly gate: Gate
  /** How often the daemon checks the app's health between its passes; null: never. */
  readonly watchMs: number | null
  readonly snapshot: {
    /** How many snapshots to keep. The last good one is always kept. */
    readonly keep: number
    /** Snapshots that are younger than this are kept too; absent: age does not matter. */
    readonly keepWithinMs?: number
    /** By volume name as in the recipe, without the stack's prefix. */
    readonly filters: Readonly<Record<string, VolumeFilter>>
    /** How long data that a rollback replaced is kept. */
    readonly asideMs: number
    /** How volumes are captured, where that is possible; absent: `tar`. */
    readonly engine?: SnapshotEngine
    /** What bringing a mirror up to date may cost the running app. */
    readonly prepare?: {
      /** The most bytes per second to copy; absent: no limit. */
      readonly bandwidth?: number
      /** Take the disk only when nothing else wants it; absent: true. */
      readonly ioIdle?: boolean
    }
  }
  readonly deadlines: {
    readonly prefetchMs: number
    readonly undeployMs: number
    readonly deployMs: number
    /** How long a step may make no progress, in addition to its own deadline, before it counts as hung. */
    readonly stallMs: number
  }
  /** The source of each setting, by its path in the configuration. A setting that is missing here has its default. */
  readonly settledBy: ReadonlyMap<string, SettledBy>
}

/** An app with the settings of the configuration alone. */
export interface ConfiguredApp extends App, Settings {
  readonly stage: "configured"
}

/** An app with the settings of the configuration and of its plugin. */
export interface PluggedApp extends App, Settings {
  readonly stage: "plugged"
  /** The code that its plugin adds; null: none. */
  readonly extension: Extension | null
}

/**
 * An app with its effective settings: configuration, plugin and labels merged for one version. Steps, and ports that
 * read a setting, take no other; `engine/effective.ts` makes it.
 */
export interface EffectiveApp extends App, Settings {
  readonly stage: "effective"
  readonly extension: Extension | null
}

/** Sources of a setting, the strongest first: neither the plugin nor the recipe overrides the configuration. */
export type SettledBy = "config" | "plugin" | "label" | "healthcheck"

/** A release checked out on disk, ready to be deployed. */
export interface Release extends Ref {
  /** The recipe's files at `commit`. Never written to. */
  readonly dir: string
  /** The env file that belongs to this release (0600), or null. */
  readonly envFile: string | null
  /**
   * A copy of the operator's files that it was deployed with, by their paths in the app's folder. Absent: those in the
   * folder count.
   */
  readonly operatorFiles?: string
  /** By service: the image instead of the one that the recipe names. */
  readonly images?: Readonly<Record<string, ReleaseImage>>
}

/** A file of the app's folder that its project reads and no version contains: an env file, a secret. */
export interface OperatorFile {
  /** Relative to the app's folder. */
  readonly path: string
  /** Where its content is now, absolute. */
  readonly from: string
  /** The permissions and the numeric owner that a service sees. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** An image of a release whose recipe does not name it completely. */
export interface ReleaseImage {
  /** With its digest, if it is known. */
  readonly image: string
  /** The version that the image tells; null: unknown. */
  readonly version: string | null
  /** The URL and the commit of its source, by its labels; null: unknown. */
  readonly source: string | null
  readonly revision: string | null
}

/** `volume`: one that the runtime knows by a name. `folder`, `file`: of the host, known by its path. */
export type VolumeKind = "volume" | "folder" | "file"

/** A data volume of an app: what is snapshotted, restored and set aside as one. */
export interface Volume {
  readonly kind: VolumeKind
  /** Full name in the runtime, or the absolute path of a folder or file. A snapshot's archive is named after it. */
  readonly name: string
  /** Filters use this name: the name in the recipe, without the stack's prefix, or the path of a folder. */
  readonly key: string
  /** Absolute path of the volume root. */
  readonly path: string
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /**
   * When it was created, ISO 8601 in UTC; null: unknown. It is unknown for every `local` volume: the time that Docker
   * shows changes with the data.
   */
  readonly created: string | null
}
