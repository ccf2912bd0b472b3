const within = (...folders) => `^src/(${folders.join('|')})/`
const ban = (name, comment, from, to, extra = {}) => ({
  name,
  comment,
  severity: 'error',
  from,
  to,
  ...extra,
})

/** The house's floors: a file may import from floors below its own, never from above. */
const FLOORS = [
  ['core'],
  ['timeseries', 'templates', 'charts'],
  ['config', 'detectors', 'databases', 'storages', 'channels', 'functions'],
  ['models', 'runs', 'alerts', 'control'],
  ['jobs'],
  ['orchestrator'],
  ['server'],
]

const upward = FLOORS.slice(0, -1).map((floor, index) =>
  ban(
    `no-import-from-above-${floor[0]}`,
    'Dependencies point down: cli -> app -> server -> orchestrator -> jobs -> plugins -> timeseries -> core.',
    { path: within(...floor) },
    { path: `${within(...FLOORS.slice(index + 1).flat(), 'cli')}|^src/(app|serve|main)\\.ts$` },
  ),
)

const PLUGINS = { databases: 'database', detectors: 'detector', channels: 'channel', storages: 'storage' }

module.exports = {
  forbidden: [
    ban(
      'no-circular',
      'A cycle is two files that should be one, or a missing third.',
      {},
      { circular: true },
    ),
    ...upward,
    ban(
      'core-imports-nothing',
      'core knows only itself and zod.',
      { path: '^src/core/' },
      { path: '^src/', pathNot: '^src/core/' },
    ),
    ban(
      'only-app-and-cli-see-app',
      'app.ts is the composition root.',
      { path: '^src/', pathNot: '^src/(cli/|main\\.ts|app\\.ts|serve\\.ts)' },
      { path: '^src/app\\.ts$' },
    ),
    ban(
      'jobs-know-contracts',
      'Jobs know contracts, never a concrete plug-in.',
      { path: within('jobs', 'alerts', 'orchestrator') },
      {
        path: '^src/(databases|channels|storages|detectors)/',
        pathNot: `^src/(${Object.entries(PLUGINS)
          .map(([folder, contract]) => `${folder}/${contract}`)
          .join('|')})\\.ts$`,
      },
    ),
    ban(
      'no-test-in-source',
      'Source never imports tests.',
      { path: '^src/' },
      { path: '^(test|benchmarks)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
