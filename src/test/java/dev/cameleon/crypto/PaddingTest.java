package dev.cameleon.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ISO/IEC 7816-4 padding: the byte 80 and zeros. */
class PaddingTest {
  @ParameterizedTest
  @CsvSource({"0,64", "1,64", "62,64", "63,64", "64,256", "255,256", "256,1024", "1023,1024"})
  void everyLengthIsPaddedToOneOfFewAndComesBack(int length, int padded) throws Exception {
    byte[] value = new byte[length];
    Arrays.fill(value, (byte) 0x80);

    assertThat(Envelope.pad(value)).hasSize(padded);
    assertThat(Envelope.unpad(Envelope.pad(value))).isEqualTo(value);
  }

  @Test
  void thePaddingIsTheByte80AndZeros() {
    assertThat(HexFormat.of().formatHex(Envelope.pad(new byte[] {1, 0})))
        .isEqualTo("010080" + "00".repeat(61));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "0000", "01", "8001", "0100", "ff00"})
  void anyOtherPaddingIsRefused(String hex) {
    assertThatThrownBy(() -> Envelope.unpad(HexFormat.of().parseHex(hex)))
        .isInstanceOf(GeneralSecurityException.class);
  }
}
