using Savevm.States.Opening;
using Savevm.Wire.Recordings;

namespace Savevm.States.Recordings;

/// <summary>What the source of a recorded migration sent on its first connection: the stream. Everything else that passes by is counted.</summary>
/// <param name="input">The recording.</param>
/// <param name="survey">What is counted.</param>
internal sealed class RecordedStream(RecordingInput input, RecordingSurvey survey) : ReadingStream
{
    private byte[] _record = [];
    private int _start;
    private int _end;
    private bool _isOver;

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end && !_isOver)
            Advance();
        int count = Math.Min(buffer.Length, _end - _start);
        _record.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }

    private void Advance()
    {
        if (!input.TryNext(out RecordingRecord record))
        {
            _isOver = true;
            survey.Finish(input);
            return;
        }
        survey.Take(record);
        if (record.Type != RecordingRecordType.Forward || record.Channel != 0)
            return;
        if (_record.Length < record.Bytes.Length)
            _record = new byte[record.Bytes.Length];
        record.Bytes.CopyTo(_record);
        (_start, _end) = (0, record.Bytes.Length);
    }
}
