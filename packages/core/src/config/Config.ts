/** A configuration file, read: every path absolute, every default filled in. */
import type { ConfiguredApp } from "../domain/App.ts"
import type { ConfigInvalid } from "./ConfigError.ts"
import type { Untrusted } from "./Untrusted.ts"

/** What an app's `settings:` says to the plugin of its recipe. Checked by the plugin's own schema. */
export interface AppSettings {
  readonly values: Readonly<Record<string, unknown>>
  /** `file:line:column`, for messages. */
  readonly at: string
}

export interface Config {
  /** Absolute path of the file that this was read from. */
  readonly file: string
  /** Where lastgood keeps its own data. */
  readonly root: string
  /** Plugins as written: a path or a package name, resolved from the file's folder by `plugin/loadPlugins.ts`. */
  readonly plugins: ReadonlyArray<string>
  /** In the order of the file. */
  readonly apps: ReadonlyArray<ConfiguredApp>
  /** By app name, for the apps that name a plugin instead of being served by their recipe's. As in `plugins`. */
  readonly namedPlugins: ReadonlyMap<string, string>
  /** By app name, for the apps that have any. */
  readonly settings: ReadonlyMap<string, AppSettings>
  /**
   * By app name, for the apps whose env file cannot be read: what is wrong, and where. It is the trouble of that app
   * alone, and no reason not to take it back: a way back has an env file of its own.
   */
  readonly unreadableEnv: ReadonlyMap<string, ConfigInvalid>
  /** By app name, for the apps whose folder under the root is not lastgood's own (LAW-17). They are not worked on. */
  readonly strangeFolders: ReadonlyMap<string, Untrusted>
  /** URLs of where alerts go. They may hold secrets: never print them. */
  readonly notify: ReadonlyArray<string>
}
