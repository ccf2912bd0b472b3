/** How the opinions of several detectors become one: the original's `model_combination_method`, and the others of PyOD. */
export const COMBINATIONS = ['mean', 'max', 'min', 'median', 'aom', 'moa', 'majority_vote'] as const
export type Combination = (typeof COMBINATIONS)[number]
