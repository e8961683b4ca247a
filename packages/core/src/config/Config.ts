/** A decoded configuration file: every path is absolute, every default filled in. */
import type { ConfiguredApp } from "../domain/App.ts"
import type { Address } from "../notify/addresses.ts"
import type { ConfigInvalid } from "./ConfigError.ts"
import type { HttpSettings } from "./HttpFile.ts"
import type { Untrusted } from "./Untrusted.ts"

/** An app's `settings:` for its plugin. The plugin's own schema checks them. */
export interface AppSettings {
  readonly values: Readonly<Record<string, unknown>>
  /** `file:line:column`, for messages. */
  readonly at: string
}

export interface Config {
  /** Absolute path of the configuration file. */
  readonly file: string
  /** The folder in which lastgood keeps its own data. */
  readonly root: string
  /** Plugins as written: a path or a package name, resolved from the file's folder by `plugin/loadPlugins.ts`. */
  readonly plugins: ReadonlyArray<string>
  /** In the order of the file. */
  readonly apps: ReadonlyArray<ConfiguredApp>
  /** By app name, for apps with a `plugin:` of their own. As in `plugins`. */
  readonly namedPlugins: ReadonlyMap<string, string>
  /** By app name, for apps that have settings. */
  readonly settings: ReadonlyMap<string, AppSettings>
  /**
   * By app name, for apps whose env file cannot be read: what is wrong, and where. This concerns only that app, and does not
   * prevent its rollback, which has its own env file.
   */
  readonly unreadableEnv: ReadonlyMap<string, ConfigInvalid>
  /** By app name, for apps whose folder under the root is not lastgood's own (LAW-17). lastgood does not work on them. */
  readonly strangeFolders: ReadonlyMap<string, Untrusted>
  /** Where the daemon serves its HTTP API; null: nowhere. */
  readonly http: HttpSettings | null
  /** How many automatic upgrades in a row may be rolled back before the daemon stops upgrading; null: any number. */
  readonly breaker: number | null
  /** The sinks that alerts are sent to. They hold secrets: never print them. */
  readonly notify: ReadonlyArray<Address>
  /** Files with further sinks: absolute paths, with the position in the list. */
  readonly notifyFiles: ReadonlyArray<{ readonly path: string; readonly index: number }>
  /** The time of the daily digest, `HH:MM`; null: none. */
  readonly digest: string | null
  /** The URL of a dead man's switch. It is a secret. null: none. */
  readonly ping: string | null
}
