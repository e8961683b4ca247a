// The sources would not run as a package, because Node does not run TypeScript below node_modules.
process.stderr.write(`lastgood: this folder has the sources of ${process.env.npm_package_name}, which do not run as a package
next: npm run build in the repository, then npm pack one of the folders below dist/npm
`)
process.exit(1)
