import { databaseContract } from '../contracts/database.contract.ts'
import { mysqlEngine } from '../contracts/engines/mysql.ts'

databaseContract(mysqlEngine('mysql'))
