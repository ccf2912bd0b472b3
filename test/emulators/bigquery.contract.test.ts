import { databaseContract } from '../contracts/database.contract.ts'
import { bigquery } from '../contracts/engines/bigquery.ts'

databaseContract(bigquery)
