using Savevm.Migration.Incoming;
using Savevm.Migration.ReturnPath;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Relay;

/// <summary>What the threads of the connections do.</summary>
public sealed partial class RelayMigration
{
    private const int WindowLimit = 4 << 20;

    private void CarryMain(RelayLink link)
    {
        using var window = new ForwardWindow(link.Source);
        var follower = new StreamFollower(HeldPages.MostPagesWithin(options.KeepBytes));
        link.HasSpoken = true;
        while (window.Fill(WindowLimit))
        {
            link.Pass(window, follower.Follow(window.Unread, window.Offset));
            (isFollowed, hasReturnPath) = (follower.RamSectionId is not null, follower.HasReturnPath);
            if (follower.State == FollowerState.AtPackage && Refusal(follower) is { } refusal) options.Note($"{refusal}: the relay is a plain pipe");
            else if (follower.State == FollowerState.AtPackage) Switch(link, window, follower);
            else if (follower.State == FollowerState.Follows && (!follower.HasBegun || follower.MayBePostcopy)) continue;
            if (postcopy is not null) return;
            if (follower.Reason is { } reason) options.Note($"{reason}; the relay is a plain pipe from here on");
            // Where the destination answers, its last word tells how it ended; else only the last bytes do.
            if (follower.HasReturnPath || !isFollowed) link.CarryForward(window);
            else link.CarryForwardToEnd(window);
            return;
        }
        endsEarly = true;
        link.Pass(window, window.Unread.Length);
    }

    private string? Refusal(StreamFollower follower) =>
        !follower.HasFooters ? "pages of so old a machine are not kept"
        : Volatile.Read(ref deaf) is { } gone ? $"the destination's answers are none ({gone.Message})"
        : HeldPages.Refusal(follower.Blocks, follower.UnitPages, options.KeepBytes);

    /// <summary>From the package on the relay speaks to both sides itself.</summary>
    private void Switch(RelayLink main, ForwardWindow window, StreamFollower follower)
    {
        AdmitPending();
        RelayPostcopy later;
        lock (gate)
        {
            // Channels for pages have said what they are before the first page; the one for requested pages has nothing to say yet.
            var preempt = links.Find(link => !link.HasSpoken);
            main.IsTaken = true;
            if (preempt is not null) preempt.IsTaken = true;
            later = new RelayPostcopy(main, preempt, follower, ConnectAgain, options, Counters, over.Token);
            foreach (var throttled in throttles) throttled.BytesPerSecond = 0;
        }
        try
        {
            PassPackage(main, window, (long)follower.PackageBytes, later);
        }
        finally
        {
            if (postcopy is null) later.Dispose();
        }
        later.Destination.StartPushing();
        later.Source.Run(window);
    }

    private void PassPackage(RelayLink main, ForwardWindow window, long left, RelayPostcopy later)
    {
        while (left > 0)
        {
            if (window.Unread.IsEmpty && !window.Fill(WindowLimit)) throw new PeerLostException("the source ended inside of the package");
            var count = (int)Math.Min(left, window.Unread.Length);
            // Whatever the destination says with the whole package in its hands is for us. One that is gone does not get it whole: nobody would know.
            if (count == left) Begin(later);
            left -= count;
            main.Pass(window, count);
        }
    }

    private void Begin(RelayPostcopy later)
    {
        lock (gate)
        {
            if (deaf is { } gone) throw new PeerLostException($"the destination is gone: {gone.Message}", gone);
            postcopy = later;
        }
    }

    /// <summary>What the source has opened before the package is in the listener's queue, if it is not here.</summary>
    private void AdmitPending()
    {
        while (true)
        {
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
            moment.CancelAfter(Moment);
            try
            {
                Admit(listener.Accept(moment.Token));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void CarryOther(RelayLink link)
    {
        using var window = new ForwardWindow(link.Source);
        if (!window.Fill(WindowLimit)) return;
        link.HasSpoken = true;
        if (postcopy is { } later && link.IsTaken) later.Source.RunPreempt(window);
        else link.CarryForward(window);
    }

    private void CarryBack(RelayLink main)
    {
        var reader = new ReturnPathReader(main.Destination);
        try
        {
            while (true)
            {
                var at = reader.Offset;
                if (!reader.TryNext(Timeout.InfiniteTimeSpan, out var message)) continue;
                if (postcopy is { } later)
                {
                    later.Hear(reader, message, at);
                    over.CancelAfter(LastWord);
                    return;
                }
                if (message.Type == ReturnMessageType.Shut) shut = message.Value;
                hasPonged |= message.Type == ReturnMessageType.Pong;
                PassBack(main, reader.Last);
                // The pages behind it are no messages. It comes where a relay was put between two that recover.
                if (message.Type != ReturnMessageType.RecvBitmap) continue;
                PassBack(main, reader.Unread);
                main.CarryBackward();
                return;
            }
        }
        catch (PeerLostException lost)
        {
            if (EndHearing(lost) is { } later)
            {
                later.Hear(reader, lost);
                over.CancelAfter(LastWord);
            }
            else if (lost.InnerException is not null)
            {
                throw;
            }
            // Else the destination ended its direction; whether that was in order is judged in the end.
        }
        catch (WireException defect) when (postcopy is null)
        {
            if (EndHearing(new PeerLostException(defect.Message, defect)) is { } later)
            {
                later.Hear(reader, defect);
                over.CancelAfter(LastWord);
                return;
            }
            // Not a way back that can be understood, as inside of a TLS session: bytes are bytes.
            PassBack(main, reader.Unread);
            main.CarryBackward();
        }
    }

    /// <summary>Nobody hears the destination any more, unless postcopy has begun: then it is for that to hear what happened.</summary>
    private RelayPostcopy? EndHearing(PeerLostException why)
    {
        lock (gate)
        {
            if (postcopy is null) Volatile.Write(ref deaf, why);
            return postcopy;
        }
    }

    private void PassBack(RelayLink main, ReadOnlySpan<byte> bytes)
    {
        Counters.AddBackward(bytes.Length);
        try
        {
            main.Source.Write(bytes);
        }
        catch (IOException)
        {
            // What a source has sent before it went is carried all the same: the whole package may be among it. Who reads finds the end.
        }
    }
}
