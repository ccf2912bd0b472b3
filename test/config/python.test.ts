import { join } from 'node:path'
import { expect, it } from 'vitest'
import { batchText, faultLines, load } from './project-folder.ts'

const pythonOf = async (more: string, environment: Record<string, string> = {}, shared = '') => {
  const project = await load(
    { 'metrics/sales.yaml': batchText(more), ...(shared === '' ? {} : { 'anomstack.yaml': shared }) },
    environment,
  )
  expect(faultLines(project)).toEqual([])
  return project.batches.get('sales')!.settings.python.replace(project.dir, '<project>')
}

it('the interpreter is python3, that of the environment, or that of the batch', async () => {
  expect(await pythonOf('')).toBe('python3')
  expect(await pythonOf('', { ANOMSTACK_PYTHON: 'python3.12' })).toBe('python3.12')
  expect(await pythonOf('', { ANOMSTACK_PYTHON: '.venv/bin/python' })).toBe(
    join('<project>', '.venv/bin/python'),
  )
  expect(await pythonOf('python: .venv/bin/python', { ANOMSTACK_PYTHON: 'python3.12' })).toBe(
    join('<project>', '.venv/bin/python'),
  )
  expect(await pythonOf('python: /usr/bin/python3')).toBe('/usr/bin/python3')
  expect(await pythonOf('', {}, 'defaults: {python: pypy3}')).toBe('pypy3')
  expect(await pythonOf('python: a', { ANOMSTACK__SALES__PYTHON: 'b' })).toBe('b')
})

it('a class of PyOD is a detector of any parameters, by its full path', async () => {
  const project = await load({
    'metrics/sales.yaml': batchText(
      'model_configs: [{model_name: " pyod.models.lof.LOF", model_params: {n_neighbors: 3}}, {model_name: pyod.models.lof}]',
    ),
  })
  expect(faultLines(project)).toHaveLength(1)
  expect(faultLines(project)[0]).toContain('unknown detector "pyod.models.lof"')
  const valid = await load({
    'metrics/sales.yaml': batchText(
      'model_configs: [{model_name: " pyod.models.lof.LOF", model_params: {n_neighbors: 3}}]',
    ),
  })
  expect(valid.batches.get('sales')?.settings.model_configs).toEqual([
    { model_name: 'pyod.models.lof.LOF', model_params: { n_neighbors: 3 } },
  ])
})
