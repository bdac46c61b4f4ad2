package io.carovana.model.tokenizer;

/**
 * Field numbers of SentencePiece's {@code sentencepiece_model.proto}, as far as they matter here.
 */
final class ModelProtoFields {
  static final int PIECES = 1;
  static final int TRAINER_SPEC = 2;
  static final int NORMALIZER_SPEC = 3;

  static final int PIECE_TEXT = 1;
  static final int PIECE_SCORE = 2;
  static final int PIECE_TYPE = 3;

  static final int TRAINER_MODEL_TYPE = 3;
  static final int TRAINER_VOCAB_SIZE = 4;
  static final int TRAINER_SPACE_AS_SUFFIX = 24;
  static final int TRAINER_BYTE_FALLBACK = 35;
  static final int TRAINER_UNK_ID = 40;
  static final int TRAINER_BOS_ID = 41;
  static final int TRAINER_EOS_ID = 42;
  static final int TRAINER_PAD_ID = 43;
  static final int TRAINER_UNK_SURFACE = 44;
  static final int TRAINER_UNK_PIECE = 45;
  static final int TRAINER_BOS_PIECE = 46;
  static final int TRAINER_EOS_PIECE = 47;

  static final int NORMALIZER_NAME = 1;
  static final int NORMALIZER_CHARSMAP = 2;
  static final int NORMALIZER_DUMMY_PREFIX = 3;
  static final int NORMALIZER_REMOVE_SPACES = 4;
  static final int NORMALIZER_ESCAPE_SPACES = 5;

  /** {@code TrainerSpec.ModelType}: the names by their numbers, which begin at 1. */
  static final String[] MODEL_TYPES = {"unigram", "bpe", "word", "char"};

  static final int UNIGRAM = 1;
  static final int BPE = 2;

  private ModelProtoFields() {}
}
