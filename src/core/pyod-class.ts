/** The full path of a class of PyOD. */
export const PYOD_CLASS = /^pyod\.models\.[A-Za-z_]\w*\.[A-Za-z_]\w*$/

/** Whether a detector's name is the full path of a class of PyOD, such as `pyod.models.ecod.ECOD`: the user's own Python runs it then. */
export function isPyodClass(name: string): boolean {
  return PYOD_CLASS.test(name.trim())
}
