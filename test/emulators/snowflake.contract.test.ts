import { databaseContract } from '../contracts/database.contract.ts'
import { snowflake } from '../contracts/engines/snowflake.ts'

databaseContract(snowflake)
