import { storageContract } from '../contracts/storage.contract.ts'
import { fakeGcs } from '../contracts/storage-engines/fake-gcs.ts'

storageContract(fakeGcs(process.env.ANOMSTACK_TEST_FAKE_GCS!))
