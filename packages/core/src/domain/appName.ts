/** The name of an app: its key in the configuration, and its folder under the root. It cannot be the log's file. */
export const appName = /^(?!events\.db)[a-z0-9][a-z0-9._-]{0,62}$/u
