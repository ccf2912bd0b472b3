/** What `JSON.stringify` keeps whole. Step results, run parameters and alert details are of this type. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
