package io.carovana.model.files;

/** Reads all bytes of a small tensor while a model is being opened. */
@FunctionalInterface
interface StoredBytes {
  byte[] read(StoredTensor tensor);
}
