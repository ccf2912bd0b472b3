// Python with pandas and PyOD, for users' functions and for detectors of PyOD.
import { programIn, pythonEnvironment } from './tools.mjs'

const PINS = ['pandas==3.1.1', 'pyod==3.6.7', 'numpy==2.4.6', 'scikit-learn==1.9.1', 'scipy==1.17.1']

/** Names the interpreter for the tests; of an environment of another name, with more packages, for benchmarks. */
export function prepare(name = 'python', more = []) {
  return { ANOMSTACK_TEST_PYTHON: programIn(pythonEnvironment(name, [...PINS, ...more]), 'python') }
}
