package io.carovana.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A SentencePiece BPE tokenizer. Immutable and safe to share between threads.
 *
 * <p>{@link #encode(String)} and {@link #decode} give what the {@code sentencepiece} library gives
 * for the same vocabulary. Two more ways to encode are meant for text from outside: {@link
 * #encodeUserText} never yields an infilling sentinel whatever the text holds, and {@link
 * #encodeUserContinuation} also leaves out the dummy space, for text that follows other text.
 *
 * <p>A lone surrogate in a {@code String} counts as the three bytes it would be encoded to, none of
 * which is valid UTF-8, and becomes three U+FFFD; in {@link #encode(byte[])} every byte that begins
 * no well-formed character becomes one. Both are what the library does with such bytes.
 */
public final class Tokenizer {
  private final Vocabulary vocabulary;
  private final BpeEncoder plain;
  private final BpeEncoder userText;
  private final Optional<InfillIds> infilling;
  private final OptionalInt stepId;

  /** [id] → the text of the piece, ▁ as a space; empty for control pieces. */
  private final String[] surfaces;

  Tokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    SymbolTable symbols = new SymbolTable(vocabulary);
    MergeTable merges = new MergeTable(vocabulary, symbols);
    this.plain = new BpeEncoder(vocabulary, symbols, merges, new BitSet());
    BitSet reserved = ReservedPieces.find(vocabulary);
    this.userText =
        reserved.isEmpty() ? plain : new BpeEncoder(vocabulary, symbols, merges, reserved);
    this.infilling = InfillIds.find(vocabulary);
    this.stepId = vocabulary.idOf(ReservedPieces.STEP);
    this.surfaces = surfaces(vocabulary);
  }

  /**
   * Reads the bytes of a {@code tokenizer.model}, or of {@link #toModelProto}.
   *
   * @throws TokenizerException if they are malformed or of a kind that is not supported
   */
  public static Tokenizer fromModelProto(byte[] modelProto) {
    return new Tokenizer(ModelProtoReader.read(modelProto));
  }

  /** This tokenizer as a SentencePiece {@code ModelProto}. */
  public byte[] toModelProto() {
    return ModelProtoWriter.write(vocabulary);
  }

  /** Text to ids, without bos; no ids for the empty text. */
  public int[] encode(String text) {
    return plain.encode(text, true);
  }

  /** UTF-8 of unknown origin to ids, without bos. */
  public int[] encode(byte[] utf8) {
    return plain.encode(Utf8.decode(utf8), true);
  }

  /**
   * As {@link #encode(String)} for a vocabulary that lacks the infilling sentinels, the steps their
   * merging passes through, and the end-of-step marker: for text that must never command the model.
   */
  public int[] encodeUserText(String text) {
    return userText.encode(text, true);
  }

  /** As {@link #encodeUserText}, without the dummy space in front. */
  public int[] encodeUserContinuation(String text) {
    return userText.encode(text, false);
  }

  /**
   * Ids to text. Control pieces give nothing, byte pieces that form no character U+FFFD each, and
   * ids past the last piece nothing: a model may have more rows of logits than there are pieces.
   *
   * @throws IndexOutOfBoundsException if an id is negative
   */
  public String decode(int[] ids) {
    StreamingDetokenizer detokenizer = StreamingDetokenizer.ofWholeText(this);
    StringBuilder text = new StringBuilder(4 * ids.length);
    for (int id : ids) {
      text.append(detokenizer.feed(id));
    }
    return text.append(detokenizer.finish()).toString();
  }

  /** Number of pieces; ids run from 0 to one less. */
  public int vocabSize() {
    return vocabulary.size();
  }

  /**
   * A piece as the vocabulary spells it, ▁ for a space.
   *
   * @throws IndexOutOfBoundsException if the id is not in the vocabulary
   */
  public String piece(int id) {
    return vocabulary.piece(id);
  }

  /** The id of a piece spelled as in the vocabulary. */
  public OptionalInt idOf(String piece) {
    return vocabulary.idOf(piece);
  }

  /**
   * What one id stands for by itself: the piece's text with ▁ as a space, the single byte for a
   * byte piece, nothing for a control piece or an id past the last piece.
   *
   * @throws IndexOutOfBoundsException if the id is negative
   */
  public byte[] bytesOf(int id) {
    int value = byteValue(id);
    return value >= 0 ? new byte[] {(byte) value} : surface(id).getBytes(StandardCharsets.UTF_8);
  }

  public int bosId() {
    return vocabulary.bosId();
  }

  public int eosId() {
    return vocabulary.eosId();
  }

  public int unkId() {
    return vocabulary.unkId();
  }

  /** Whether an id is one byte of a character. */
  public boolean isByte(int id) {
    return vocabulary.type(id) == PieceType.BYTE;
  }

  /** Whether an id is never text. */
  public boolean isControl(int id) {
    return vocabulary.type(id) == PieceType.CONTROL;
  }

  /** The infilling sentinels, if the vocabulary has all of them. */
  public Optional<InfillIds> infilling() {
    return infilling;
  }

  /** The end-of-step marker of models that were tuned on turns with sources and destinations. */
  public OptionalInt stepId() {
    return stepId;
  }

  /** The score by which a piece merges: the larger, the earlier. */
  public float score(int id) {
    return vocabulary.score(id);
  }

  /** What a piece is for. */
  public PieceType type(int id) {
    return vocabulary.type(id);
  }

  /** The value of a byte piece, -1 for any other. */
  int byteValue(int id) {
    return id < surfaces.length ? vocabulary.byteValue(id) : -1;
  }

  /** The text of a piece that is no byte; empty for control pieces and past the last piece. */
  String surface(int id) {
    return id < surfaces.length ? surfaces[id] : "";
  }

  /** Whether a piece of text begins with a space that may be the dummy one. */
  boolean beginsWithSpaceMark(int id) {
    return id < surfaces.length
        && vocabulary.type(id).isText()
        && vocabulary.piece(id).charAt(0) == Vocabulary.SPACE_MARK;
  }

  private static String[] surfaces(Vocabulary vocabulary) {
    String[] surfaces = new String[vocabulary.size()];
    for (int id = 0; id < surfaces.length; id++) {
      surfaces[id] =
          switch (vocabulary.type(id)) {
            case CONTROL -> "";
            case UNKNOWN -> vocabulary.unknownSurface();
            default -> vocabulary.piece(id).replace(Vocabulary.SPACE_MARK, ' ');
          };
    }
    return surfaces;
  }
}
