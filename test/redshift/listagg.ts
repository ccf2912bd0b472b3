import { Client } from 'pg'

/** Gives a database of PostgreSQL the one function of Redshift that PostgreSQL lacks, LISTAGG, made of its own parts. */
export async function addListagg(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    'CREATE AGGREGATE listagg(text, text) (sfunc = string_agg_transfn, stype = internal, finalfunc = string_agg_finalfn)',
  )
  await client.end()
}
