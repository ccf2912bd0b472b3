import { storageContract } from '../contracts/storage.contract.ts'
import { moto } from '../contracts/storage-engines/moto.ts'

storageContract(moto(process.env.ANOMSTACK_TEST_MOTO_PYTHON!))
